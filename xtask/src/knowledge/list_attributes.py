"""Lists which attributes of standard-library modules are other modules, and which names are re-exported ones.

    python3 list_attributes.py TABLES [VERSION=FOLDER ...]

Read from the import statements of the sources, which are parsed, never imported. Writes
TABLES/module-attributes/stdlib.tsv (`import os as _os` in `tempfile` makes `tempfile._os` the module `os`) and
TABLES/aliases/stdlib.tsv (`from subprocess import Popen` makes a second name of one object).
"""

import os
import sys

from list_callables import parsed_trees
from list_reaching import Module, rows


def defined_names(module):
    return {name.partition(".")[0] for name in [*module.functions, *module.bases]}


def bound_names(module, modules):
    """Yields (name, module, attribute or None) of what a module's imports bind, star imports of public names included."""
    for bound, (target, attribute) in module.imports.items():
        yield bound, target, attribute
    for target in module.stars:
        for name in defined_names(modules[target]) if target in modules else ():
            if not name.startswith("_"):
                yield name, target, name


def main():
    tables, *folders = sys.argv[1:]
    stdlib = {row[0] for row in rows(os.path.join(tables, "stdlib-modules.tsv"))}
    whole = {module: target for module, name, target, _ in rows(os.path.join(tables, "aliases", "modules.tsv")) if not name}
    by_hand = {(module, name) for module, name, *_ in rows(os.path.join(tables, "aliases", "names.tsv"))}
    classified = {
        (module, name)
        for file in os.listdir(os.path.join(tables, "stdlib"))
        for module, name, *_ in rows(os.path.join(tables, "stdlib", file))
    }
    attributes, aliases, defined = {}, {}, set()
    for folder in [os.path.dirname(os.__file__), *(folder.partition("=")[2] for folder in folders)]:
        modules = {name: Module(name, tree, package) for name, tree, package in parsed_trees(folder)}
        for name, module in modules.items():
            home = whole.get(name, name)
            defined.update((home, own) for own in defined_names(module))
            for bound, target, attribute in bound_names(module, modules):
                full = f"{target}.{attribute}" if attribute else target
                source = whole.get(target, target)
                if full in stdlib:
                    attributes.setdefault((home, bound), whole.get(full, full))
                elif attribute and (source, attribute) != (home, bound):
                    aliases.setdefault((home, bound), (source, attribute))
    for key in defined | by_hand:
        aliases.pop(key, None)
    for key in list(aliases):
        if key in attributes or key in classified:
            del aliases[key]
    for key in aliases:
        aliases[key] = last(aliases, key)
    aliases = {key: target for key, target in aliases.items() if key != target and target in classified}
    write(os.path.join(tables, "module-attributes", "stdlib.tsv"), "module\tattribute\tmodule", attributes)
    write(os.path.join(tables, "aliases", "stdlib.tsv"), "module\tname\tmodule\tname", aliases)


def last(aliases, key):
    """The end of a chain of re-exports."""
    seen = set()
    while key in aliases and key not in seen:
        seen.add(key)
        key = aliases[key]
    return key


def write(path, header, table):
    with open(path, "w", encoding="utf-8") as file:
        file.write(f"# Written by xtask/src/knowledge/list_attributes.py.\n# {header}\n")
        for key in sorted(table):
            value = table[key]
            file.write("\t".join([*key, *([value] if isinstance(value, str) else value)]) + "\n")


if __name__ == "__main__":
    main()
