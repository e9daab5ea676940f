"""Reads lib/tradewal_events.def and lib/tradewal_errors.def, from which everything expands."""
import ast
import re


def rows(path):
    """(macro, [arguments]) of every row, comments and preprocessor lines left out."""
    with open(path, encoding="utf-8") as file:
        text = file.read()
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.S)
    text = "\n".join(line for line in text.split("\n") if not line.lstrip().startswith("#"))
    for match in re.finditer(r'(TW_\w+)\(((?:[^()"]|"(?:[^"\\]|\\.)*")*)\)', text):
        words = re.findall(r'"(?:[^"\\]|\\.)*"|[^,\s][^,]*', match.group(2))
        yield match.group(1), [argument(word.strip()) for word in words]


def argument(word):
    if word.startswith('"'):
        return ast.literal_eval(word)
    return int(word) if word.isdigit() else word


class Enumeration:
    def __init__(self, name, sentence):
        self.name, self.sentence, self.values = name, sentence, []


class Event:
    def __init__(self, number, name, sentence):
        self.number, self.name, self.sentence, self.fields = number, name, sentence, []


class Field:
    def __init__(self, number, kind, member, text, need, limit, sentence):
        self.number, self.kind, self.member, self.text = number, kind, member, text
        self.required, self.limit, self.sentence = need == "REQUIRED", limit, sentence


def read_events(path):
    enumerations, events = {}, []
    for macro, words in rows(path):
        if macro == "TW_ENUM":
            enumerations[words[0]] = Enumeration(*words)
        elif macro == "TW_VALUE":
            enumerations[words[0]].values.append((words[1], words[2], words[3]))
        elif macro == "TW_EVENT":
            events.append(Event(*words))
        elif macro == "TW_FIELD":
            assert words[0] == events[-1].name, words
            events[-1].fields.append(Field(*words[1:]))
    return enumerations, events


def read_errors(path):
    return [tuple(words) for macro, words in rows(path) if macro == "TW_ERROR"]
