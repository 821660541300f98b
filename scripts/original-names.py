"""Writes the public names of the Python packages that this library is compared with.

    python3 scripts/original-names.py NAME VERSION FOLDER [NAME VERSION FOLDER]... > test/golden/originals.json

FOLDER is the folder of the package in its source. The sources are read and not imported. Of each
public module the list has the classes, their public methods and the functions, each with its
parameters as `name` or `name=default`; properties and constants have null. Methods that a base class
in the same list has are left out.
"""

import ast
import json
import pathlib
import sys

OPERATORS = "neg add sub mul rmul matmul pow truediv call getitem setitem".split()


def parameters(function, method):
    given = function.args
    names = given.posonlyargs + given.args
    defaults = [None] * (len(names) - len(given.defaults)) + given.defaults
    pairs = list(zip(names, defaults))[1 if method else 0 :]
    pairs += zip(given.kwonlyargs, given.kw_defaults)
    texts = [name.arg if value is None else f"{name.arg}={ast.unparse(value)}" for name, value in pairs]
    texts += [f"*{given.vararg.arg}"] if given.vararg else []
    return texts + ([f"**{given.kwarg.arg}"] if given.kwarg else [])


def is_public(name):
    return not name.startswith("_") or name.strip("_") in OPERATORS and name.endswith("__")


def members(node):
    found = {}
    for item in node.body:
        if isinstance(item, ast.FunctionDef) and is_public(item.name):
            decorators = [ast.unparse(decorator) for decorator in item.decorator_list]
            static = "staticmethod" in decorators
            found.setdefault(item.name, None if "property" in decorators else parameters(item, not static))
        if isinstance(item, ast.Assign) and len(item.targets) == 1 and isinstance(item.targets[0], ast.Name):
            if is_public(item.targets[0].id):
                found[item.targets[0].id] = None
    return found


def top_level(tree):
    """The classes and functions of a module, those under a condition too."""
    for node in tree.body:
        if isinstance(node, (ast.If, ast.Try)):
            yield from top_level(node)
        elif isinstance(node, (ast.ClassDef, ast.FunctionDef)):
            yield node


def modules(folder):
    for path in sorted(folder.rglob("*.py")):
        name = ".".join(path.relative_to(folder).with_suffix("").parts)
        yield name, ast.parse(path.read_text())


def main(arguments):
    packages = list(zip(arguments[::3], arguments[1::3], map(pathlib.Path, arguments[2::3])))
    classes = {
        node.name: node
        for _, _, folder in packages
        for _, tree in modules(folder)
        for node in top_level(tree)
        if isinstance(node, ast.ClassDef)
    }

    def inherited(node):
        bases = [classes[base.id] for base in node.bases if isinstance(base, ast.Name) and base.id in classes]
        return set().union(*({*members(base), *inherited(base)} for base in bases if base is not node))

    def constructor(node):
        for item in node.body:
            if isinstance(item, ast.FunctionDef) and item.name == "__init__":
                return parameters(item, True)
        bases = [classes[base.id] for base in node.bases if isinstance(base, ast.Name) and base.id in classes]
        return next((constructor(base) for base in bases if base is not node), [])

    lists = {}
    for name, version, folder in packages:
        found = {}
        for module, tree in modules(folder):
            if any(part.startswith("_") for part in module.split(".")):
                continue
            names = {}
            for node in top_level(tree):
                if node.name.startswith("_"):
                    continue
                if isinstance(node, ast.FunctionDef):
                    names[node.name] = parameters(node, False)
                    continue
                names[node.name] = constructor(node)
                base = inherited(node)
                for member, given in members(node).items():
                    if member not in base:
                        names[f"{node.name}.{member}"] = given
            if names:
                found[module] = names
        lists[name] = {"version": version, "modules": found}
    # one name a line
    text = json.dumps(lists, indent=1)
    for given in [g for l in lists.values() for m in l["modules"].values() for g in m.values() if g]:
        indented = json.dumps(given, indent=1).replace("\n", "\n    ")
        text = text.replace(indented, json.dumps(given))
    print(text)


main(sys.argv[1:])
