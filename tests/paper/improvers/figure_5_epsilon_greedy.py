from helpers import extract_code
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
    best_solutions = [(initial_solution, utility(initial_solution))] * top_k
    remaining_calls = language_model.budget
    no_improvement_counter = 0
    max_no_improvement = 3 # Maximum no-improvement iterations before stopping
    epsilon = 0.1 # Initial epsilon value for epsilon-greedy strategy
    exp_exploit_count = [0, 0] # Counters for number of improvements from exploration and exploitation
    while remaining_calls > 0 and no_improvement_counter < max_no_improvement:
        for initial_solution, best_utility in best_solutions:
            n_messages = min(language_model.max_responses_per_call, remaining_calls)
            n_messages = max(1, int(n_messages * (1 + (best_utility - min(best_utility for _, best_utility in best_solutions)) / best_utility))) # Adaptive sampling
            temperature = max(0.1, remaining_calls / language_model.budget) # Dynamic temperature based on remaining calls
            explore = random.random() < epsilon
            if explore:
                new_solutions = language_model.batch_prompt(expertise, [message] * n_messages, temperature=temperature * 2) # Increase the temperature for exploration
            else:
                new_solutions = language_model.batch_prompt(expertise, [message] * n_messages, temperature=temperature) # Exploitation with the original temperature
            new_solutions = extract_code(new_solutions)
            improved = False
            for solution in new_solutions:
                current_utility = utility(solution)
                if current_utility > best_utility and solution not in [sol[0] for sol in best_solutions]:
                    best_solutions.append((solution, current_utility))
                    best_solutions.sort(key=lambda x: x[1], reverse=True)
                    best_solutions = best_solutions[:top_k] # Keep only top-k solutions
                    improved = True
                    exp_exploit_count[0 if explore else 1] += 1
            if not improved:
                no_improvement_counter += 1
            else:
                no_improvement_counter = 0
                # Adjust epsilon based on the ratio of improvements from exploration and exploitation
                epsilon = min(1.0, max(0.1, exp_exploit_count[0] / (exp_exploit_count[0] + exp_exploit_count[1])))
            remaining_calls -= n_messages
    return best_solutions[0][0] # Return the best solution found
