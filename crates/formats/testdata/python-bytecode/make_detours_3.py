import os
import types


def outer():
    function = None

    def inner():
        nonlocal function
        function = os.system
    inner()
    function('nonlocal')


outer()


def fill(members):
    members['go'] = lambda self, text: os.system(text)


types.new_class('Filled', (), {}, fill)().go('filled')
types.new_class('Updated', exec_body=lambda members: members.update(go=lambda self: os.system('updated')))().go()
meta, members, keywords = types.prepare_class('Prepared')
members['go'] = lambda self: os.system('prepared')
meta('Prepared', (), members)().go()


class Hooked:
    def __init_subclass__(cls, text=None):
        os.system(text)


types.new_class('Sub', (Hooked,), {'text': 'subclass'})


class Point:
    __match_args__ = ('x',)

    def __init__(self):
        self.y = os.system

    @property
    def x(self):
        os.system('property')


match Point():
    case Point(x, y=function):
        function('matched')
match {'key': os.system}:
    case {'key': function}:
        function('by key')


def annotated(x: os.system('annotated')):
    pass
