#!/bin/sh
# By wabt of Debian 12.
cd "$(dirname "$0")" && wat2wasm --debug-names -o module.wasm module.wat
