import os


class Operators(object):
    def __add__(self, other):
        os.system('add ' + other)

    def __radd__(self, other):
        os.system('radd ' + other)

    def __lt__(self, other):
        os.system('lt ' + other)

    def __contains__(self, other):
        os.system('contains ' + other)

    def __neg__(self):
        os.system('neg')

    def __iter__(self):
        os.system('iter')
        return iter([os.system])

    def __enter__(self):
        return os.system

    def __exit__(self, *raised):
        os.system('exit')

    def __str__(self):
        os.system('str')


Operators() + 'a'
'b' + Operators()
Operators() < 'c'
'd' in Operators()
-Operators()
for run in Operators():
    run('iterated')
with Operators() as run:
    run('entered')


def default(command, run=os.system):
    run(command)


default('defaulted')


def starred(*arguments):
    arguments[0](arguments[1])


starred(os.system, 'starred')


class Base(object):
    def start(self):
        self.hook()


class Derived(Base):
    def hook(self):
        os.system('derived')


Derived().start()


class Raised(Exception):
    def __init__(self):
        os.system('raised')


try:
    raise Raised
except Raised:
    pass
