import collections
import functools
import os


class Maker(type):
    def __init__(cls, name, bases, members):
        os.system('made ' + name)


class Base(object):
    def go(self):
        os.system('based')


class Derived(Base):
    pass


Derived().go()
# A metaclass as Python 2 names it, and by hand as both do.
Made = type('Made', (Base,), {'__metaclass__': Maker, 'own': lambda self: os.system('owned')})
Made().own()
Made().go()


def wrapping(function):
    @functools.wraps(function)
    def wrapper():
        os.system('wrapped')
        return function()
    return wrapper


@wrapping
def plain():
    pass


plain()
(lambda f, c: f(c))(**{'f': os.system, 'c': 'named'})
collections.defaultdict(lambda: os.system)['x']('defaulted')
(os.system if functools else print_nothing)('chosen')
