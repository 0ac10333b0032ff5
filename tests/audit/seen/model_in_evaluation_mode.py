# label: innocent
# disguise: .eval() of an own class
import numpy as np

class Perceptron:
    def __init__(self, n):
        self.w, self.training = np.zeros(n), True

    def train(self):
        self.training = True
        return self

    def eval(self):
        self.training = False
        return self

    def __call__(self, x):
        return (x @ self.w > 0.5).astype(int)

def algorithm(train_samples, train_parity, test_samples):
    model = Perceptron(train_samples.shape[1]).train()
    for _ in range(20):
        for x, y in zip(train_samples, train_parity):
            model.w += 0.1 * (y - model(x)) * x
    return model.eval()(test_samples)
