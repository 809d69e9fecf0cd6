import os, sys as system, base64
from subprocess import Popen as P, call
import os.path as osp

os.system('id')
getattr(__import__('o' + 's'), 'sys'[:3] + 'tem')('id2')
exec(base64.b64decode('cHJpbnQoMSk='))

class A(object):
    run = os.system
    def __init__(self, x):
        self.x = x
        os.popen(x)
    def __reduce__(self):
        return os.system, ('reduced',)

A('init')
A.run('classy')

def f(c):
    os.system(c)

f('called-f')

def g():
    os.system('never')

if os.name == 'nt':
    os.system('cond')
else:
    os.system('else')

for c in ['a1', 'a2']:
    os.system(c)

os.system(''.join(chr(x) for x in [105, 100, 51]))
s = ''
for c in [104, 101]:
    s += chr(c ^ 1)
os.system(s)
def d(t):
    out = ''
    for c in t:
        out += chr(ord(c) ^ 1)
    return out
os.system(d('he4'))
parts = []
parts.append('i')
parts.append('d5')
os.system(''.join(parts))
try:
    os.system('tried')
except OSError:
    os.system('excepted')
with open('/tmp/x') as h:
    os.system(h.read())
[os.system(c) for c in ['comp']]
(lambda c: os.system(c))('lam')
os.system(*['star'])
call('kw', shell=True)
if __name__ == '__main__':
    os.system('main')
