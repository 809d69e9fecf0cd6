#!/bin/sh
# ELF by gcc 12 (as little as links), PE by mingw-w64's gcc; Mach-O is assembled by make.py, for no linker of it is free here.
set -e
cd "$(dirname "$0")"
flags="-nostdlib -shared -fPIC -Os -s -Wl,--build-id=none -Wl,-z,norelro -Wl,-z,noseparate-code -fno-asynchronous-unwind-tables -Wl,--hash-style=gnu"
cat > plain.c <<'C'
extern int execve(const char *, char *const *, char *const *);
extern int socket(int, int, int);
extern void *memcpy(void *, const void *, unsigned long);
__attribute__((constructor)) static void begin(void) { if (socket(2, 1, 0) > 0) execve("/bin/sh", 0, 0); }
void *copy(void *a, void *b) { return memcpy(a, b, 4); }
C
cat > extension.c <<'C'
extern void *PyModule_Create2(void *, int);
void *PyInit_fast(void) { return PyModule_Create2(0, 1013); }
C
cat > operators.c <<'C'
extern void *malloc(unsigned long);
int RegisterCustomOps(void *options, const void *api) { return malloc(8) == 0; }
C
cat > kernel.c <<'C'
static long call(long number, long a, long b, long c) {
  long result;
  __asm__ volatile("syscall" : "=a"(result) : "a"(number), "D"(a), "S"(b), "d"(c) : "rcx", "r11", "memory");
  return result;
}
__attribute__((constructor)) static void begin(void) {
  if (call(41, 2, 1, 0) > 0) call(59, (long)"/bin/sh", 0, 0);
  call(186, 0, 0, 0);
}
C
cat > names.c <<'C'
extern void *dlsym(void *, const char *);
__attribute__((constructor)) static void begin(void) { ((int (*)(const char *))dlsym(0, "system"))("id"); }
C
gcc $flags -Wl,-rpath,/tmp/x -o plain.so plain.c
gcc $flags -Wl,--hash-style=sysv -o extension.so extension.c
gcc $flags -o operators.so operators.c
gcc $flags -o kernel.so kernel.c
gcc $flags -o names.so names.c
cat > plain-windows.c <<'C'
__declspec(dllimport) void *__stdcall LoadLibraryA(const char *);
__declspec(dllimport) void *__stdcall CreateRemoteThread(void *, void *, long long, void *, void *, int, int *);
__declspec(dllexport) int RegisterCustomOps(void) { return CreateRemoteThread(0, 0, 0, LoadLibraryA("x"), 0, 0, 0) != 0; }
int __stdcall DllMain(void *a, int b, void *c) { return 1; }
C
x86_64-w64-mingw32-gcc -nostdlib -shared -Os -s -o plain.dll plain-windows.c -lkernel32 -Wl,--entry=DllMain
cat > kernel-windows.c <<'C'
__declspec(naked) long write(void *a) { __asm__("mov %rcx, %r10; mov $0x3a, %eax; syscall; ret"); }
__declspec(dllimport) void *__stdcall GetProcAddress(void *, const char *);
__declspec(dllexport) void *run(void *a) { write(a); return GetProcAddress(a, "WriteProcessMemory"); }
int __stdcall DllMain(void *a, int b, void *c) { return 1; }
C
x86_64-w64-mingw32-gcc -nostdlib -shared -Os -s -o kernel.dll kernel-windows.c -lkernel32 -Wl,--entry=DllMain
rm -f ./*.c
python3 make.py
