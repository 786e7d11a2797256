"""Runs Python texts, a JSON list on stdin, against packages that are made up: prints a JSON list of errors, null for none.

Every package outside the standard library has whatever is asked of it, except that a name is only there once it is imported, as always.
"""

import importlib.abc
import importlib.machinery
import json
import sys
import types


class Meta(type):
    def __getattr__(cls, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return Anything

    def __getitem__(cls, _):
        return cls

    def __or__(cls, _):
        return cls

    __ror__ = __or__


class Anything(metaclass=Meta):
    def __new__(cls, *arguments, **named):
        # A decorator gives back what it decorates.
        if cls is Anything and len(arguments) == 1 and not named and isinstance(arguments[0], (type, types.FunctionType)):
            return arguments[0]
        return super().__new__(cls)

    def __init__(self, *arguments, **named):
        pass

    def __init_subclass__(cls, **named):
        pass

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return Anything()

    def __call__(self, *arguments, **named):
        return Anything(*arguments, **named)

    def __getitem__(self, _):
        return Anything()

    def __iter__(self):
        return iter([Anything()])

    def _same(self, *_):
        return Anything()

    __add__ = __radd__ = __mul__ = __rmul__ = __sub__ = __truediv__ = __floordiv__ = __or__ = __ror__ = __pow__ = __mod__ = _same


class Package(types.ModuleType):
    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        if name[0].isupper():
            made = type(name, (Anything,), {})
        else:
            made = Package(f"{self.__name__}.{name}")
        setattr(self, name, made)
        return made

    def __call__(self, *arguments, **named):
        return Anything(*arguments, **named)


class Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    def find_spec(self, name, path=None, target=None):
        return importlib.machinery.ModuleSpec(name, self, is_package=True) if name.split(".")[0] not in sys.stdlib_module_names else None

    def create_module(self, spec):
        return Package(spec.name)

    def exec_module(self, module):
        module.__path__ = []
        module.__all__ = []


def run(text):
    names = {"__name__": "corpus.a.b.c.text", "__package__": "corpus.a.b.c", "__builtins__": __builtins__}
    sys.modules["corpus.a.b.c.text"] = types.ModuleType("corpus.a.b.c.text")
    try:
        exec(compile(text, "text", "exec"), names)
        dyt = names.get("DyT")
        if "Dynamic Tanh" in (getattr(dyt, "__doc__", None) or ""):
            made = dyt(4) if "weight" in text.split("class DyT")[1] else dyt()
            for method in ("build", "forward", "call"):
                if method in dyt.__dict__:
                    getattr(dyt, method)(made, Anything())
    except Exception as error:
        return repr(error)
    return None


sys.meta_path.append(Finder())
print(json.dumps([run(text) for text in json.load(sys.stdin)]))
