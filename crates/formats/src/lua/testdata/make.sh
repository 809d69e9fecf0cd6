#!/bin/sh
# Compiles sample.lua with every compiler: lua5.1, lua5.2, lua5.3, lua5.4 and luajit of Debian 12.
set -e
cd "$(dirname "$0")"
luac5.1 -o lua51.luac sample.lua
luac5.2 -o lua52.luac sample.lua
luac5.3 -s -o lua53.luac sample.lua
luac5.4 -o lua54.luac sample.lua
luajit -e 'local f = assert(loadfile("sample.lua"))
for name, strip in pairs({ ["luajit.luac"] = false, ["luajit-stripped.luac"] = true }) do
  local out = io.open(name, "wb")
  out:write(string.dump(f, strip))
  out:close()
end'
