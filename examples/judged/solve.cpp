// Packs a knapsack: takes the items in the order in which they come, as long as they fit.
#include <iostream>

int main() {
    int count, capacity;
    std::cin >> count >> capacity;
    for (int item = 0; item < count; item++) {
        int weight, value;
        std::cin >> weight >> value;
        if (weight <= capacity) {
            capacity -= weight;
            std::cout << item << "\n";
        }
    }
}
