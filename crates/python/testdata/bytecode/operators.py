import os
from os import *

run = os.system
number, text, items = 6, 'abcdef', ['x', 'y', 'z']
run('add %d' % (number + 3))
run('sub %d' % (number - 3))
run('mul %d' % (number * 3))
run('div %s' % (number / 4.0))
run('floordiv %d' % (number // 4))
run('mod %d' % (number % 4))
run('pow %d' % (number ** 2))
run('lshift %d' % (number << 2))
run('rshift %d' % (number >> 1))
run('and %d' % (number & 3))
run('or %d' % (number | 3))
run('xor %d' % (number ^ 3))
run('neg %d' % -number)
run('pos %d' % +number)
run('invert %d' % ~number)
changed = number
changed += 30
changed -= 1
changed *= 2
changed //= 3
changed %= 16
changed **= 2
changed <<= 3
changed >>= 1
changed &= 62
changed |= 64
changed ^= 1
run('inplace %d' % changed)
run('from ' + text[2:])
run('to ' + text[:2])
run('all ' + text[:])
run('part ' + text[1:4])
run('step ' + text[::-2])
run('item ' + items[1])
items[0] = 'w'
run('stored ' + items[0])
first, second = ['un', 'packed']
run(first + second)
(deep, (deeper, deepest)) = ('nes', ('te', 'd'))
run(deep + deeper + deepest)
pairs = {'key': 'mapped', 'other': text}
run(pairs['key'])
run({number: 'numbered', text: 'texted'}[text])
run(sorted(set(['of a set']))[0])
run(sorted({text + ' displayed'})[0])
run(','.join([letter + '!' for letter in 'hi']))
run(','.join([letter for letter in 'hint' if letter != 'n']))
run(['no', 'yes'][number in (5, 6)])
run(['no', 'not in'][number not in (5, 7)])
run(['no', 'less'][number < 7])
run(['no', 'is none'][None is None])
run('picked' if number else 'never')
run(text and 'both')
run('' or 'either')
held = 'reached'


def outer(of):
    inside = of + ' cell'

    def inner():
        run(inside)
    return inner


outer('a')()


def rebinds():
    global held
    held = 'rebound'


rebinds()
run('then ' + held)


class Base(object):
    def act(self):
        run('inherited')


class Derived(Base):
    def act(self):
        super(Derived, self).act()


Derived().act()
system('starred')
try:
    assert number, run('never asserted')
finally:
    run('at last')
