import re
from language_model import LanguageModel
from helpers import extract_code

def improve_algorithm(initial_solution, utility_str, utility):
    """Improves a solution according to a utility function."""
    role = "You are an expert computer science researcher and programmer, especially skilled at optimizing algorithms."
    message = f"""You must improve the following code snippet. You will be evaluated based on a following score function:
```python
{utility_str}
```

Here is the code snippet to improve:
```python
{{code_snippet}}
```

When run, your script must define an improved snippet. Try to be as creative as possible under the constraints.
Your primary improvement must be novel and non-trivial. First, propose an idea for an improvement, then implement it."""

    def generate_new_snippets(code_snippet):
        language_model = LanguageModel(role)
        new_snippets = language_model.prompt(message.format(code_snippet=code_snippet), n_responses=4, temperature=0.7)
        return extract_code(new_snippets)

    def replace_code_snippet(initial_code, old_snippet, new_snippet):
        return initial_code.replace(old_snippet, new_snippet)

    iterations = 5
    best_solution = initial_solution
    best_utility = utility(initial_solution)

    # Identify code sections to improve
    code_sections = re.findall(r'def [\w]+\.(?:\.\n|\n|\s)*+', initial_solution)

    for _ in range(iterations):
        for code_section in code_sections:
            new_snippets = generate_new_snippets(code_section)
            for new_snippet in new_snippets:
                new_solution = replace_code_snippet(initial_solution, code_section, new_snippet)
                solution_utility = utility(new_solution)
                if solution_utility > best_utility:
                    best_solution = new_solution
                    best_utility = solution_utility
                    break

    return best_solution
