from helpers import extract_code


def improve_algorithm(initial_solution, utility, language_model, width=3):
    beam = [initial_solution]
    for _ in range(language_model.budget):
        msgs = [f"Improve {b}" for b in beam for _ in range(2)]
        new = extract_code(language_model.batch_prompt("E", msgs))
        ranked = sorted(set(beam + new), key=utility, reverse=True)
        beam = ranked[:width]
    return beam[0]
