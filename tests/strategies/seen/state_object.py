from helpers import extract_code


class State:
    def __init__(self, code, value):
        self.code = code
        self.value = value

    def offer(self, code, value):
        if value > self.value:
            self.code, self.value = code, value


class Improver:
    TEMPLATE = "Improve this program.\n```python\n{code}\n```\nScore:\n{score}"

    def __init__(self, utility, model):
        self._utility, self._model = utility, model

    def message(self, state):
        return self.TEMPLATE.format(code=state.code, score=self._utility.str)

    def step(self, state):
        answers = self._model.batch_prompt("Expert", [self.message(state)] * self._model.max_responses_per_call)
        for code in extract_code(answers):
            if code is not None:
                state.offer(code, self._utility(code))

    def run(self, start):
        state = State(start, self._utility(start))
        for _ in range(self._model.budget):
            self.step(state)
        return state.code


def improve_algorithm(initial_solution, utility, language_model):
    """Uses beam search to explore several solutions at once."""
    return Improver(utility, language_model).run(initial_solution)
