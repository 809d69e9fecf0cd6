import os

run, number, items, table = os.system, 6, ['x', 'y', 'z'], {'k': 'v'}
run(f'plain {number}')
run(f'padded {number:03d}')
run(f'shown {number!r}')
run(f'{number}{items[0]} built')
first, *middle, last = 'abcd'
run('starred ' + first + ''.join(middle) + last)
run(' '.join([*items, 'listed']))
run(' '.join((*items, 'tupled')))
run({**table, 'more': 'merged'}['more'])
run({'one': 'constant keys', 'two': number}['one'])


def keywords(**named):
    run(named['said'])


keywords(said='by keyword')
keywords(**{'said': 'by mapping'})


def only(*, said):
    run(said)


only(said='keyword only')


def counter():
    told = 'unsaid'

    def say():
        nonlocal told
        told = 'nonlocal'
    say()
    run(told + ' cell')


counter()


class Base:
    def act(self):
        run('inherited')


class Derived(Base):
    def act(self):
        super().act()


Derived().act()


def parts():
    yield from ['gener', 'ated']


for part in parts():
    run(part)
if (found := number + 1) > 6:
    run(f'walrus {found}')
run([name for name in items if name == 'z'][0] + ' kept')
big = 123456789012345678901234567890
run(f'big {big}')
run(f'half {0.5}')
run(['no', 'a frozen set'][number in {5, 6}])
try:
    raise ValueError('x')
except (KeyError, ValueError) as error:
    run('excepted')
with open(os.devnull) as file:
    run('within')
while number:
    run('looped')
    break
else:
    run('never')
