"""Writes cases.txt: Python expressions as stack programs, each with what CPython makes of it.

Only the standard library is used; `expressions.txt` holds more expressions, edges and errors of the same functions.
`python3.11 make_cases.py` beside this file writes the table anew.
"""

import array
import ast
import base64
import binascii
import bz2
import codecs
import email.base64mime
import email.quoprimime
import email.utils
import encodings.base64_codec
import encodings.bz2_codec
import encodings.cp037
import encodings.hex_codec
import encodings.punycode
import encodings.quopri_codec
import encodings.rot_13
import encodings.utf_8
import encodings.uu_codec
import encodings.zlib_codec
import functools
import gzip
import html
import io
import ipaddress
import itertools
import json
import lzma
import math
import operator
import os
import posixpath
import re
import pathlib
import shlex
import socket
import struct
import sys
import textwrap
import unicodedata
import urllib.parse
import uuid
import xml.sax.saxutils
import zlib
import string

MODULES = {name: value for name, value in globals().items() if hasattr(value, "__name__") and not name.startswith("_")}
BINARY = {
    ast.Add: "add", ast.Sub: "sub", ast.Mult: "mul", ast.Div: "truediv", ast.FloorDiv: "floordiv", ast.Mod: "mod",
    ast.Pow: "pow", ast.LShift: "lshift", ast.RShift: "rshift", ast.BitAnd: "and_", ast.BitOr: "or_", ast.BitXor: "xor",
}
COMPARE = {ast.Eq: "eq", ast.NotEq: "ne", ast.Lt: "lt", ast.LtE: "le", ast.Gt: "gt", ast.GtE: "ge"}
UNARY = {ast.USub: "neg", ast.Invert: "invert", ast.UAdd: "pos"}

TEXTS = ["'Hello, World'", "'  a b\\tc\\n'", "'straße ÄÖ'", "'aXbXcX'", "'-42'"]
TEXT_CALLS = """upper() lower() title() capitalize() swapcase() strip() lstrip() rstrip() strip('aX') split() rsplit()
split(',') split('X',1) rsplit('X',1) split(None,1) rsplit(None,1) splitlines() splitlines(True) partition('X') rpartition('X')
find('X') rfind('X') count('X') count('') find('b',2) find('X',-3,-1) startswith(('a','H')) endswith('X') replace('X','--')
replace('X','',1) replace('','.') zfill(15) center(15,'*') ljust(14,'.') rjust(14) expandtabs(4) encode() isdigit() isspace() isupper()
islower() isascii() join(['1','2','3']) removeprefix('a') removesuffix('X') casefold() encode('utf-16-le') __len__() __contains__('X')
__add__('z') __mul__(2) __getitem__(slice(None,None,-1)) __getitem__(slice(1,8,3)) __repr__()""".split()
BYTES = ["b'Hello, World'", "b'  a b\\tc\\n'", "b''", "b'aXbXcX'", "bytearray(b'aXb,c')"]
BYTES_CALLS = """upper() lower() strip() lstrip() rstrip(b'X') split() split(b',') split(b'X',1) partition(b'X') rpartition(b'X') find(b'X')
rfind(b'X') count(b'X') count(b'') replace(b'X',b'--') replace(b'X',b'',1) startswith(b'a') endswith((b'X',b'd')) hex() decode() decode('latin-1')
join([b'1',b'2']) zfill(14) center(15,b'*') title() translate(bytes.maketrans(b'aX',b'bY')) translate(None,b'X') isdigit() removeprefix(b'a')
__getitem__(slice(None,None,-1)) __getitem__(slice(-3,None)) __add__(b'z') __mul__(2) splitlines() swapcase() isalpha()""".split()
SLICES = [
    f"{of}[{key}]"
    for of in ["'0123456789'", "b'0123456789'", "[0,1,2,3,4]", "(0,1,2)", "'añ日本x'"]
    for key in ["::-1", "1:3", "-3:", ":-1", "::2", "5:1:-2", "-100:100", "-1", "0", "100"]
]

EXPRESSIONS = """
chr(97)
chr(128512)
ord('€')
ord(b'a')
hex(255)
hex(-255)
oct(8)
bin(-5)
int('ff',16)
int('0x1F',0)
int(' -12_3 ')
int('777',8)
int('0b11',2)
int('zz',36)
int('1'*60)
int(3.99)
int(-3.99)
int(1e30)
int(True)
int('12x')
int('')
float('1e5')
float(' 2.5 ')
float('x')
str(1e16)
str(1e15)
str(1.5e-5)
str(0.0001)
str(-0.0)
str(1e100)
str(0.1+0.2)
str(None)
str([1,'a',b'b',(1,),{'k':2.5},None,True])
str(10**40)
repr("it's")
repr('a"b\\'c')
repr('\\x00\\x7f\\xe9\\u200b\\u20ac')
repr(b"a'b\\xff\\n")
ascii('é€😀')
repr(range(3))
repr(range(1,9,2))
repr({1})
repr(set())
repr(bytearray(b'x'))
bytes([104,105])
bytes(3)
bytes('hé','utf-8')
bytes((1,256))
bytearray(b'ab')
str(b'abc','ascii')
bytes(range(5))
bytes(map(ord,'system'))
len('añ')
len(b'abc')
len({1:2})
len(range(0,10,3))
sum([1,2,3])
sum([[1],[2]],[])
sum(range(100))
min(3,1,2)
max([3,1,2])
max('abc',key=ord)
min([],default=7)
max(['aa','b','ccc'],key=len)
sorted([3,1,2])
sorted('hello')
sorted(['bb','a','ccc'],key=len,reverse=True)
sorted([(1,'b'),(1,'a')])
list(reversed([1,2,3]))
list(reversed('abc'))
list(enumerate('ab',1))
list(zip([1,2],'ab'))
list(zip([1,2,3],itertools.cycle([7,8])))
list(map(chr,[111,115]))
list(map(operator.add,[1,2],[3,4]))
list(filter(None,[0,1,'',2]))
list(filter(str.isdigit,'a1b2'))
tuple(range(10,0,-3))
set([1,2,1])
frozenset([1,2,1])
dict([('a',1),('b',2)])
dict(a=1,b=2)
dict({'a':1},b=2)
dict.fromkeys('ab',0)
dict(zip('ab',[1,2])).get('b')
{'a':1}['a']
{'a':1}['b']
{1:'x'}[True]
{'a':1}.get('z',5)
list({'a':1,'b':2}.items())
list({'a':1}.keys())
abs(-5)
abs(-2.5)
divmod(7,-2)
divmod(-7,2)
divmod(7.5,2)
-7//2
-7%3
7%-3
7.5%-2
-7.5//2
7/2
1/0
1%0
2**10
2**-1
2**100
pow(3,200,1000007)
pow(2,5)
round(2.5)
round(3.5)
round(-2.567,2)
round(7)
1<<70
-1>>3
(1<<70)>>65
1<<-1
5&3
5|3
5^3
~5
-(2**70)&255
True+True
True&False
2**64-1
(2**64)*(2**64)
-(2**65)//7
-(2**65)%7
1==1.0
2**53+1==float(2**53)
'a'<'b'
[1,2]<[1,3]
(1,'a')==(1,'a')
'1'==1
b'a'==bytearray(b'a')
'ab'*3
3*'ab'
'a'+'b'
'a'+1
[1]+[2]
(1,)+(2,)
[0]*3
{1,2}|{3}
{1,2}&{2}
{1,2}-{2}
{1,2}^{2,3}
{'a':1}|{'b':2}
'%s-%d-%x'%('a',5,255)
'%05d|%-5d|%+d'%(42,42,42)
'%5.1f|%e|%g'%(3.14159,31415.9,0.00001)
'%c%c'%(111,'s')
'%(a)s %(b)r'%{'a':1,'b':'x'}
'%%'%()
'%s'%(1,2)
'%r'%('x',)
'%s'%[1]
'%#x %#o'%(255,8)
'%.2s|%5s|%-5s|'%('abc','ab','ab')
'%*d'%(5,42)
'%g %g %g'%(1e10,100000,1234567)
b'%s-%d'%(b'a',5)
'{}{}'.format('os','.system')
'{1}{0}'.format('a','b')
'{x!r:>6}'.format(x='a')
'{0[1]}'.format([1,2])
'{0[k]}'.format({'k':'v'})
'{:>8}|{:<8}|{:^8}'.format('ab','ab','ab')
'{:*^9}'.format('mid')
'{:08.3f}'.format(3.14159)
'{:,}'.format(1234567)
'{:_x}'.format(2**40)
'{:#x} {:#b}'.format(255,5)
'{:+d} {: d}'.format(5,5)
'{:e}'.format(12345.678)
'{:g}'.format(0.0001)
'{:%}'.format(0.25)
'{:c}{:c}'.format(111,115)
'{:{w}}|'.format('a',w=4)
'{{}}'.format()
'{}'.format()
'{a}'.format_map({'a':1})
'{:.2}'.format('abc')
'{:05}'.format(-42)
format(255,'x')
format('a','>3')
format(1.5,'.3f')
'abc'.translate({97:'x',98:None})
'abc'.translate(str.maketrans('ab','xy'))
'abc'.translate(str.maketrans('ab','xy','c'))
'abc'.translate(str.maketrans({'a':'1'}))
''.join(map(chr,[115,121,115]))
''.join(reversed('metsys'))
''.join(['a',1])
','.join({'a':1,'b':2})
int.from_bytes(b'\\x01\\x02','big')
int.from_bytes(b'\\x01\\x02','little')
int.from_bytes(b'\\xff','big',signed=True)
int.from_bytes(b'system command','big')
(1234567890123456789012345678901).to_bytes(16,'big')
(258).to_bytes(2,'little')
(-2).to_bytes(2,'big',signed=True)
(256).to_bytes(1,'big')
(-1).to_bytes(1,'big')
(0).to_bytes(2,'big')
(255).bit_length()
bytes.fromhex('6f73 2e 73')
bytes.fromhex('6g')
bytes.fromhex('6')
bytearray.fromhex('6f73')
b'os'.hex()
memoryview(b'abc')[::-1].tobytes()
list(b'abc')
b'abc'[0]
base64.b64decode('b3Muc3lzdGVt')
base64.b64decode(b'b3Mu c3l\\nzdGVt')
base64.b64decode('b3M')
base64.b64decode('b3M=')
base64.b64decode('b3M==')
base64.b64decode('-_8=',altchars=b'-_')
base64.b64decode('b3M*=',validate=True)
base64.urlsafe_b64decode('-_8=')
base64.standard_b64decode('b3M=')
base64.b32decode('N5ZQ====')
base64.b32decode('n5zq====')
base64.b32decode('n5zq====',True)
base64.b32hexdecode('DTPG====')
base64.b16decode('6F73')
base64.b16decode('6f73')
base64.b16decode('6f73',casefold=True)
base64.b85decode('Z*pa')
base64.b85decode(base64.b85encode(b'os.system id'))
base64.a85decode('DeX')
base64.a85decode('<~DeX~>',adobe=True)
base64.a85decode('z')
base64.decodebytes(b'b3M=\\n')
base64.b64encode(b'os.system')
base64.b32encode(b'os.sys')
base64.b16encode(b'os')
base64.encodebytes(b'x'*60)
binascii.unhexlify('6f73')
binascii.a2b_hex(b'6F73')
binascii.hexlify(b'os')
binascii.a2b_base64('b3M=')
binascii.b2a_base64(b'os')
binascii.a2b_qp('a=20b=\\nc=3D')
binascii.a2b_uu(b'#;W,*')
binascii.crc32(b'hello')
binascii.crc32(b'lo',binascii.crc32(b'hel'))
codecs.decode('bf.flfgrz','rot13')
codecs.encode('os.system','rot_13')
codecs.decode(b'6f73','hex')
codecs.decode('6f73','hex')
codecs.decode(b'b3M=\\n','base64')
codecs.decode(b'a=20b','quopri')
codecs.decode(b'begin 666 <data>\\n#;W,*\\n \\nend\\n','uu')
codecs.decode(b'\\\\x6f\\\\163\\\\n\\\\u20ac','unicode_escape')
codecs.decode(b'\\\\u20ac\\\\n','raw_unicode_escape')
codecs.encode('é€\\n\\\\','unicode_escape')
codecs.encode('é€','raw_unicode_escape')
codecs.decode(b'abc','utf-8')
codecs.encode('abc','ascii')
codecs.decode(b'a\\xff','utf-8')
codecs.decode(b'a\\xff','utf-8','ignore')
codecs.decode(b'a\\xffb','utf-8','replace')
codecs.encode('aé','ascii','ignore')
codecs.encode('aé','ascii','replace')
codecs.encode('é','ascii')
codecs.latin_1_decode(b'\\xe9')
codecs.utf_8_encode('é')
codecs.escape_decode(b'\\\\x41\\\\n')
codecs.getdecoder('hex')(b'6f73')
codecs.getencoder('rot13')('os')
b'\\x80\\xe9'.decode('cp1252')
b'\\x81'.decode('cp1252')
b'\\x80\\xe9'.decode('cp437')
b'\\x96\\xa2'.decode('cp037')
'os'.encode('cp500')
b'\\xff\\xfeo\\x00'.decode('utf-16')
b'o\\x00s\\x00'.decode('utf-16-le')
b'\\x00o\\x00s'.decode('UTF_16BE')
'os'.encode('utf-16')
'os'.encode('utf-32-be')
b'o\\x00\\x00\\x00'.decode('utf-32-le')
b'+AG8AcwAu-x'.decode('utf-7')
b'a+-b'.decode('utf7')
b'\\xef\\xbb\\xbfos'.decode('utf-8-sig')
b'\\xc1\\xc2'.decode('koi8-r')
b'\\xe9'.decode('iso8859-15')
b'os'.decode('gbk')
b'os'.decode('no-such-codec')
b'os'.decode('hex')
zlib.decompress(zlib_data)
zlib.decompress(raw_data,-15)
zlib.decompress(gzip_data,31)
zlib.decompress(gzip_data,47)
zlib.decompressobj().decompress(zlib_data)
zlib.decompress(b'nonsense')
zlib.crc32(b'hello')
gzip.decompress(gzip_data)
bz2.decompress(bz2_data)
lzma.decompress(xz_data)
lzma.decompress(lzma_data)
codecs.decode(zlib_data,'zlib')
codecs.decode(bz2_data,'bz2')
struct.unpack('<I',b'\\x01\\x02\\x03\\x04')
struct.unpack('>hB',b'\\xff\\xfe\\x07')
struct.unpack('3s2x?',b'abc\\x00\\x00\\x01')
struct.unpack('bi',b'\\x01\\x00\\x00\\x00\\x02\\x00\\x00\\x00')
struct.unpack('<d',b'\\x00\\x00\\x00\\x00\\x00\\x00\\xf8?')
struct.unpack('<I',b'\\x01')
struct.pack('>IH',1,2)
struct.pack('<q',-2)
struct.pack('4s',b'os')
struct.pack('B',256)
struct.calcsize('bqh')
html.unescape('&lt;os&#46;sys&#x74;em&gt;&amp;')
urllib.parse.unquote('os%2Esystem%20%zz')
urllib.parse.unquote_plus('a+b%2B')
urllib.parse.unquote_to_bytes('%ff')
textwrap.dedent('  a\\n    b\\n\\n  c')
json.loads('{"a": [1, 2.5, "x", null, true], "b": {}}')
json.loads('[1,]')
json.loads('"\\\\u0041\\\\n"')
ast.literal_eval("{'a': (1, b'x', [None, -2.5]), 'b': {1}}")
ast.literal_eval('0x10')
ast.literal_eval("('a',)")
functools.reduce(operator.add,['o','s'])
functools.reduce(operator.mul,[1,2,3],10)
functools.partial(int,base=2)('101')
operator.itemgetter(1)([1,2])
operator.itemgetter(0,-1)('abc')
operator.methodcaller('replace','a','b')('aa')
operator.attrgetter('start')(range(1,2))
operator.getitem('abc',slice(0,2))
operator.concat('a','b')
operator.mod('%s','x')
operator.contains('abc','b')
operator.indexOf([1,2],2)
operator.countOf('aab','a')
operator.not_(0)
operator.index(True)
operator.iadd([1],[2])
list(itertools.chain('ab',[1]))
list(itertools.chain.from_iterable(['ab','c']))
list(itertools.islice('abcdef',1,None,2))
list(itertools.islice(itertools.count(5),3))
list(itertools.islice(itertools.cycle('ab'),5))
list(itertools.repeat('x',3))
list(itertools.starmap(operator.xor,[(1,2),(3,4)]))
list(itertools.accumulate([1,2,3]))
list(itertools.accumulate([1,2,3],operator.mul,initial=2))
list(itertools.compress('abc',[1,0,1]))
list(itertools.zip_longest('ab','c',fillvalue='-'))
list(itertools.product('ab',repeat=2))
list(itertools.permutations('abc',2))
list(itertools.combinations('abc',2))
list(itertools.combinations_with_replacement('ab',2))
list(itertools.takewhile(str.isalpha,'ab1c'))
list(itertools.dropwhile(str.isalpha,'ab1c'))
list(itertools.filterfalse(str.isdigit,'a1'))
list(itertools.pairwise('abc'))
bytes(itertools.starmap(operator.xor,zip(b'\\x2d\\x31\\x6c',itertools.cycle(b'B'))))
bytes(map(operator.xor,b'\\x2d\\x31',itertools.repeat(66)))
bytes(map((255).__sub__,[144,140]))
next(iter([5,6]))
next(iter([]))
next(iter([]),'d')
any([0,'',1])
all([1,0])
str.join('.',['os','path'])
str.upper('a')
str.upper(b'a')
bytes.decode(b'os')
list.count([1,1],1)
dict.get({'a':1},'a')
dict.__getitem__({'a':1},'a')
[3,4].index(4)
[3,4].index(5)
(1,2,2).count(2)
range(10)[3]
range(0,20,2)[-1]
range(5).index(3)
io.BytesIO(b'abc').read()
io.BytesIO(b'abc').getvalue()
io.BytesIO(b'a\\nb').readline()
io.StringIO('abc').read(2)
string.ascii_lowercase[18]
string.printable[::-1][:5]
math.floor(-2.5)
math.sqrt(16)
math.gcd(12,18)
{1,2}.union([3])
{1,2}.issubset([1,2,3])
'a b'.split(' ',maxsplit=1)
'x'.encode(encoding='utf-16-be')
b'x'.decode(encoding='ascii',errors='strict')
int('١٢')
int('１２')
"".join(map(str.lower,'OS'))
list(map(int,'123'))
list(map(str,[1,2.0,None]))
list(map(bytes.fromhex,['6f','73']))
(10**20).__mod__(7)
(5).__rsub__(7)
'a'.__eq__('a')
(3).__lt__(4)
5 .bit_count()
re.sub('[0-9]+','','o1s22.sys3tem')
re.sub('x','-','axbx',1)
re.sub('a.c','z','abc\\nac')
""".strip().splitlines()

NAMED = {
    "zlib_data": zlib.compress(b"os.system('id')" * 3),
    "raw_data": zlib.compress(b"os.system('id')" * 3)[2:-4],
    "gzip_data": gzip.compress(b"os.system", mtime=0),
    "bz2_data": bz2.compress(b"os.system" * 9),
    "xz_data": lzma.compress(b"os.system" * 9),
    "lzma_data": lzma.compress(b"os.system" * 9, format=lzma.FORMAT_ALONE),
}


# What the standard library makes of constants.
LIBRARY = [
    "b'system-'.decode('punycode')",
    "encodings.punycode.punycode_decode(b'system-','strict')",
    "codecs.decode(b'system-','punycode')",
    "codecs.getdecoder('punycode')(b'system-')[0]",
    "b'system'.decode('idna')",
    "b'system'.decode('charmap')",
    "codecs.charmap_decode(b'\\x00\\x01\\x02\\x03\\x04\\x05','strict','system')[0]",
    "codecs.charmap_decode(b'\\x00\\x01','strict',{0:'sys',1:'tem'})[0]",
    "codecs.charmap_encode('abcdef','strict',{97:115,98:121,99:115,100:116,101:101,102:109})[0].decode()",
    "b'sys~\\ntem'.decode('hz')",
    "b'sys\\x1b(Btem'.decode('iso2022_jp')",
    "b'sys\\x1b(Btem'.decode('iso2022_kr')",
    "string.Template('$a$b').substitute({'a':'sys','b':'tem'})",
    "string.Template('${a}tem').safe_substitute({'a':'sys'})",
    "string.Formatter().format('{0}{1}','sys','tem')",
    "string.Formatter().vformat('{0}{1}',('sys','tem'),{})",
    "string.capwords('SYSTEM').lower()",
    "unicodedata.normalize('NFKC','ｓｙｓｔｅｍ')",
    "unicodedata.normalize('NFKD','𝐬𝐲𝐬𝐭𝐞𝐦')",
    "unicodedata.lookup('LATIN SMALL LETTER S')+'ystem'",
    "b'\\\\N{LATIN SMALL LETTER S}ystem'.decode('unicode_escape')",
    "array.array('B',b'system').tobytes().decode()",
    "array.array('B',[115, 121, 115, 116, 101, 109]).tobytes().decode()",
    "bytes(array.array('B',[115, 121, 115, 116, 101, 109])).decode()",
    "array._array_reconstructor(array.array,'B',0,b'system').tobytes().decode()",
    "array.array('b',[115, 121, 115, 116, 101, 109]).tobytes().decode()",
    "array.array('u','system').tounicode()",
    "array.array('H',[31091, 29811, 28005]).tobytes().decode()",
    "array.array('I',[1953724787]).tobytes().decode()+'em'",
    "str.join('',map(chr,array.array('H',[115, 121, 115, 116, 101, 109])))",
    "str.join('',map(chr,array.array('B',[115, 121, 115, 116, 101, 109]).tolist()))",
    "uuid.UUID(None,b'system__________').bytes[:6].decode()",
    "uuid.UUID('73797374-656d-5f5f-5f5f-5f5f5f5f5f5f').bytes[0:6].decode()",
    "bytes.fromhex(uuid.UUID('73797374-656d-5f5f-5f5f-5f5f5f5f5f5f').hex[0:12]).decode()",
    "uuid.UUID(None,None,b'system__________').bytes_le[0:6].decode()",
    "gzip.GzipFile(None,'rb',9,io.BytesIO(b'\\x1f\\x8b\\x08\\x00\\x00\\x00\\x00\\x00\\x02\\x03+\\xae,.I\\xcd\\x05\\x00\\x8b\\x11M\\xc9\\x06\\x00\\x00\\x00')).read().decode()",
    "gzip.open(io.BytesIO(b'\\x1f\\x8b\\x08\\x00\\x00\\x00\\x00\\x00\\x02\\x03+\\xae,.I\\xcd\\x05\\x00\\x8b\\x11M\\xc9\\x06\\x00\\x00\\x00')).read().decode()",
    "bz2.BZ2File(io.BytesIO(b'BZh91AY&SY\\xf8\\x1d\\x10Q\\x00\\x00\\x01\\x81\\x80\\x02\\x02\\x0c  \\x000\\xcd\\x00\\xc3A1\\x97\\x17rE8P\\x90\\xf8\\x1d\\x10Q')).read().decode()",
    "bz2.open(io.BytesIO(b'BZh91AY&SY\\xf8\\x1d\\x10Q\\x00\\x00\\x01\\x81\\x80\\x02\\x02\\x0c  \\x000\\xcd\\x00\\xc3A1\\x97\\x17rE8P\\x90\\xf8\\x1d\\x10Q')).read().decode()",
    "lzma.LZMAFile(io.BytesIO(b'\\xfd7zXZ\\x00\\x00\\x04\\xe6\\xd6\\xb4F\\x02\\x00!\\x01\\x16\\x00\\x00\\x00t/\\xe5\\xa3\\x01\\x00\\x05system\\x00\\x00\\x00\\xc2k\\x03H\\x92&\\xedw\\x00\\x01\\x1e\\x06\\xc1/\\xa4\\x1d\\x1f\\xb6\\xf3}\\x01\\x00\\x00\\x00\\x00\\x04YZ')).read().decode()",
    "lzma.open(io.BytesIO(b'\\xfd7zXZ\\x00\\x00\\x04\\xe6\\xd6\\xb4F\\x02\\x00!\\x01\\x16\\x00\\x00\\x00t/\\xe5\\xa3\\x01\\x00\\x05system\\x00\\x00\\x00\\xc2k\\x03H\\x92&\\xedw\\x00\\x01\\x1e\\x06\\xc1/\\xa4\\x1d\\x1f\\xb6\\xf3}\\x01\\x00\\x00\\x00\\x00\\x04YZ')).read().decode()",
    "io.BytesIO(b'system').read().decode()",
    "io.StringIO('system').read()",
    "io.BytesIO(b'xxsystem').getvalue()[2:].decode()",
    "io.BufferedReader(io.BytesIO(b'system')).read().decode()",
    "io.TextIOWrapper(io.BytesIO(b'system'),'utf-8').read()",
    "binascii.a2b_hex('73797374656d').decode()",
    "binascii.a2b_uu(b'&<WES=&5M\\n').decode()",
    "binascii.a2b_qp(b'sys=74em').decode()",
    "binascii.b2a_hex(b'').decode()+'system'",
    "binascii.b2a_qp(b'system').decode()",
    "codecs.decode(b'begin 666 <data>\\n&<WES=&5M\\n \\nend\\n','uu').decode()",
    "encodings.hex_codec.hex_decode(b'73797374656d')[0].decode()",
    "encodings.base64_codec.base64_decode(b'c3lzdGVt')[0].decode()",
    "encodings.zlib_codec.zlib_decode(b'x\\x9c+\\xae,.I\\xcd\\x05\\x00\\tt\\x02\\xa6')[0].decode()",
    "encodings.uu_codec.uu_decode(b'begin 666 <data>\\n&<WES=&5M\\n \\nend\\n')[0].decode()",
    "encodings.quopri_codec.quopri_decode(b'sys=74em')[0].decode()",
    "encodings.bz2_codec.bz2_decode(b'BZh91AY&SY\\xf8\\x1d\\x10Q\\x00\\x00\\x01\\x81\\x80\\x02\\x02\\x0c  \\x000\\xcd\\x00\\xc3A1\\x97\\x17rE8P\\x90\\xf8\\x1d\\x10Q')[0].decode()",
    "encodings.rot_13.Codec().decode('flfgrz')[0]",
    "encodings.utf_8.decode(b'system')[0]",
    "encodings.cp037.Codec().decode(b'\\xa2\\xa8\\xa2\\xa3\\x85\\x94')[0]",
    "codecs.getincrementaldecoder('utf-7')().decode(b'+AHM-ystem')",
    "codecs.getreader('utf-8')(io.BytesIO(b'system')).read()",
    "codecs.iterdecode([b'sys',b'tem'],'utf-8').__next__()+'tem'",
    "codecs.lookup('rot13').decode('flfgrz')[0]",
    "codecs.lookup('utf-7').decode(b'+AHM-ystem')[0]",
    "textwrap.dedent('  system')",
    "textwrap.shorten('system',10)",
    "textwrap.fill('system')",
    "textwrap.indent('ystem','s')",
    "shlex.split('a system')[1]",
    "shlex.quote('system')",
    "shlex.join(['system'])",
    "ipaddress.IPv4Address('115.121.115.116').packed.decode()+'em'",
    "ipaddress.ip_address('115.121.115.116').packed.decode()+'em'",
    "ipaddress.IPv6Address('7379:7374:656d::').packed[0:6].decode()",
    "socket.inet_aton('115.121.115.116').decode()+'em'",
    "socket.inet_ntoa(b'abcd')[0:0]+'system'",
    "struct.pack('<I',1953724787).decode()+'em'",
    "struct.Struct('<I').pack(1953724787).decode()+'em'",
    "struct.Struct('6s').unpack(b'system')[0].decode()",
    "xml.sax.saxutils.unescape('&s;ystem',{'&s;':'s'})",
    'json.loads(\'"\\\\u0073ystem"\')',
    'json.loads(\'["system"]\')[0]',
    "json.dumps('system')[1:-1]",
    'json.JSONDecoder().decode(\'"system"\')',
    "re.sub('x','s','xyxtem')",
    "re.findall('[a-z]+','1system2')[0]",
    "re.split(',','a,system')[1]",
    "re.match('a(.*)','asystem').group(1)",
    "re.escape('system')",
    "re.compile('x').sub('s','xyxtem')",
    "os.path.join('','system')",
    "os.path.basename('a/system')",
    "os.path.splitext('system.x')[0]",
    "posixpath.basename('a/system')",
    "os.path.normpath('./system')",
    "os.fsdecode(b'system')",
    "os.fsencode('system').decode()",
    "email.quoprimime.body_decode('sys=74em')",
    "email.base64mime.decode('c3lzdGVt').decode()",
    "email.base64mime.body_decode('c3lzdGVt').decode()",
    "email.quoprimime.header_decode('sys=74em')",
    'email.utils.unquote(\'"system"\')',
    "string.ascii_lowercase[18]+'ystem'",
    "string.printable[28]+'ystem'",
    "bytes.decode(b'system')",
    "bytearray(b'system').decode()",
    "codecs.encode('flfgrz','rot13')",
    "codecs.utf_7_decode(b'+AHM-ystem')[0]",
    "codecs.utf_16_ex_decode(b's\\x00y\\x00s\\x00t\\x00e\\x00m\\x00','strict',-1)[0]",
    "codecs.unicode_escape_decode('\\\\x73ystem')[0]",
    "codecs.raw_unicode_escape_decode('\\\\u0073ystem')[0]",
    "codecs.latin_1_decode(b'system')[0]",
    "codecs.ascii_decode(b'system')[0]",
    "codecs.readbuffer_encode('system')[0].decode()",
    "codecs.escape_decode(b'\\\\x73ystem')[0].decode()",
    "codecs.escape_encode(b'system')[0].decode()",
    "lzma.decompress(lzma.compress(b'system')).decode()",
    "bz2.decompress(bz2.compress(b'system')).decode()",
    "gzip.decompress(gzip.compress(b'system')).decode()",
    "textwrap.TextWrapper().fill('system')",
    "unicodedata.name('s')[-1:].lower()+'ystem'",
    "b'bcher-kva'.decode('punycode')",
    "b'xn--bcher-kva.example'.decode('idna')",
    "b'ihqwcrb4cv8a8dqg056pqjye'.decode('punycode')",
    "b'Hello-Another-Way--fc4qua05auwb3674vfr0b'.decode('punycode')",
    "string.Template('$$ ${a} $b $c').safe_substitute({'a': 1, 'b': None})",
    "string.Template('$a').substitute({})",
    "string.Template('$').substitute({})",
    "unicodedata.normalize('NFD', 'é')",
    "unicodedata.normalize('NFC', 'e\\u0301')",
    "unicodedata.normalize('X', 'e')",
    "array.array('h', [1, -2]).tobytes()",
    "array.array('q', [1, -2]).tolist()",
    "uuid.UUID('{12345678-1234-5678-1234-567812345678}').int",
    'str(uuid.UUID(int=1))',
    'shlex.split("a \'b c\' \\"d\\\\\\"e\\" f\\\\ g")',
    'shlex.split("a \'b")',
    "os.path.splitext('/a.b/.c')",
    "os.path.splitext('a/b.tar.gz')",
    "os.path.split('//a//b')",
    "os.path.dirname('/a')",
    "os.path.join('a', '/b', 'c')",
    "re.findall('a.', 'abacx')",
    "re.split('[,;]', 'a,b;c')",
    "re.match('(a+)(b)?', 'aac').groups()",
    "re.fullmatch('a', 'ab').group()",
    "codecs.charmap_decode(b'\\x01', 'strict', 'ab')",
    "codecs.charmap_decode(b'\\x07', 'strict', 'ab')",
    "b'~{abc'.decode('charmap')",
    "urllib.parse.parse_qsl('a=1&b=&c=%20+x')",
    "urllib.parse.parse_qs('a=1&a=2')",
    "string.capwords(' hello  wORLD ')",
    "json.dumps('a b')",
    "textwrap.shorten('hello   world', 20)",
    "ipaddress.IPv4Address('1.2.3.4').packed",
    'str(ipaddress.IPv6Address(1))',
    'email.utils.unquote(\'"a\\\\\\\\b"\')',
    "xml.sax.saxutils.escape('<a&b>')",
]


def expressions():
    for of, calls in [(TEXTS, TEXT_CALLS), (BYTES, BYTES_CALLS)]:
        for text in of:
            yield from (f"{text}.{call}" for call in calls)
    yield from SLICES
    yield from EXPRESSIONS
    yield from LIBRARY
    yield from pathlib.Path(__file__).with_name("expressions.txt").read_text(encoding="utf-8").splitlines()


def dotted(node):
    """`module` and `qualified name` where the node names something in a module."""
    path = []
    while isinstance(node, ast.Attribute):
        path.insert(0, node.attr)
        node = node.value
    if not isinstance(node, ast.Name) or node.id in NAMED:
        return None
    if node.id not in MODULES:
        return "builtins", ".".join([node.id, *path])
    for cut in range(len(path) - 1, 0, -1):
        if (module := ".".join([node.id, *path[:cut]])) in sys.modules:
            return module, ".".join(path[cut:])
    return node.id, ".".join(path)


def operation(program, name, *nodes):
    program.append(f"name operator:{name}")
    for node in nodes:
        walk(program, node)
    program.append(f"call {len(nodes)}")


def walk(program, node):
    """Appends what pushes the node's value."""
    try:
        program.append(f"literal {ast.literal_eval(node)!r}")
        return
    except (ValueError, TypeError):
        pass
    if isinstance(node, ast.Name) and node.id in NAMED:
        program.append(f"literal {NAMED[node.id]!r}")
    elif (named := dotted(node)) is not None:
        program.append(f"name {named[0]}:{named[1]}")
    elif isinstance(node, ast.Attribute):
        walk(program, node.value)
        program.append(f"attribute {node.attr}")
    elif isinstance(node, ast.Call):
        walk(program, node.func)
        for value in [*node.args, *(keyword.value for keyword in node.keywords)]:
            walk(program, value)
        names = " ".join(keyword.arg for keyword in node.keywords)
        program.append(f"call {len(node.args)} {names}".rstrip())
    elif isinstance(node, ast.Subscript):
        operation(program, "getitem", node.value, node.slice)
    elif isinstance(node, ast.Slice):
        program.append("name builtins:slice")
        for part in (node.lower, node.upper, node.step):
            walk(program, part or ast.Constant(None))
        program.append("call 3")
    elif isinstance(node, ast.BinOp):
        operation(program, BINARY[type(node.op)], node.left, node.right)
    elif isinstance(node, ast.UnaryOp):
        operation(program, UNARY[type(node.op)], node.operand)
    elif isinstance(node, ast.Compare):
        operation(program, COMPARE[type(node.ops[0])], node.left, node.comparators[0])
    elif isinstance(node, (ast.List, ast.Tuple)):
        for item in node.elts:
            walk(program, item)
        program.append(f"{'list' if isinstance(node, ast.List) else 'tuple'} {len(node.elts)}")
    else:
        raise NotImplementedError(ast.dump(node))


def expected(source):
    try:
        value = eval(source, dict(MODULES, **NAMED))
    except Exception:
        return "raises"
    return f"{type(value).__name__} {value!r}"


def main():
    lines = ["# Made by make_cases.py: expressions, as stack programs, and what CPython makes of them."]
    for source in dict.fromkeys(expressions()):
        program = []
        walk(program, ast.parse(source, mode="eval").body)
        lines += [f"? {source}", *program, f"= {expected(source)}"]
    pathlib.Path(__file__).with_name("cases.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")


main()
