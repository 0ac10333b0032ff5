from helpers import extract_code
import math

def improve_algorithm(initial_solution, utility, language_model):
    """Improves a solution according to a utility function."""
    expertise = "You are an expert computer science researcher and programmer, especially skilled at optimizing algorithms."
    message = f"""Improve the following solution:
```python
{initial_solution}
```
You will be evaluated based on this score function:
```python
{utility.str}
```
You must return an improved solution. Be as creative as you can under the constraints.
Your primary improvement must be novel and non-trivial. First, propose an idea, then implement it."""

    top_k = 3 # Number of top solutions to maintain
    best_solutions = [(initial_solution, utility(initial_solution), 1)] * top_k
    remaining_calls = language_model.budget
    no_improvement_counter = 0
    max_no_improvement = 3 # Maximum no-improvement iterations before stopping

    def ucb(solution_utility, solution_visits, total_visits):
        return solution_utility + math.sqrt(2 * math.log(total_visits) / solution_visits)

    while remaining_calls > 0 and no_improvement_counter < max_no_improvement:
        total_visits = sum(solution[2] for solution in best_solutions)
        ucb_values = [ucb(solution[1], solution[2], total_visits) for solution in best_solutions]
        selected_solution = best_solutions[ucb_values.index(max(ucb_values))]
        initial_solution, best_utility, visits = selected_solution

        n_messages = min(language_model.max_responses_per_call, remaining_calls)
        new_solutions = language_model.batch_prompt(expertise, [message] * n_messages)
        new_solutions = extract_code(new_solutions)
        improved = False
        for solution in new_solutions:
            current_utility = utility(solution)
            if current_utility > best_utility and solution not in [sol[0] for sol in best_solutions]:
                best_solutions.append((solution, current_utility, 1))
                best_solutions.sort(key=lambda x: x[1], reverse=True)
                best_solutions = best_solutions[:top_k] # Keep only top-k solutions
                improved = True
            else:
                # Update the visits count for the selected solution
                index = best_solutions.index(selected_solution)
                best_solutions[index] = (initial_solution, best_utility, visits + 1)
        if not improved:
            no_improvement_counter += 1
            remaining_calls -= n_messages

    return best_solutions[0][0] # Return the best solution found
