"""Reads a PowerShell script by a grammar of that language, and prints what it registers and what it runs, as JSON."""

import json
import sys

import tree_sitter
import tree_sitter_powershell


def found(node, kind):
    """Every node of a kind below `node`."""
    mine = [node] if node.type == kind else []
    return mine + [one for child in node.children for one in found(child, kind)]


def text(node):
    return node.text.decode()


parser = tree_sitter.Parser(tree_sitter.Language(tree_sitter_powershell.language()))
root = parser.parse(open(sys.argv[1], "rb").read()).root_node
if root.has_error:
    sys.exit("this is no PowerShell: " + str(root))

outer = found(root, "command")[0]
elements = next(child for child in outer.children if child.type == "command_elements")
assignments = [text(one).split("=", 1) for one in found(root, "assignment_expression")]
print(
    json.dumps(
        {
            "command": text(found(outer, "command_name")[0]),
            "words": [text(one) for one in elements.children if one.type in ("command_parameter", "generic_token")],
            "parameters": [text(one) for one in found(found(root, "param_block")[0], "variable")],
            "assigned": [[part.strip() for part in pair] for pair in assignments],
            "here_strings": [text(one) for one in found(root, "expandable_here_string_literal")],
        }
    )
)
