"""EC2 as moto has it, with corrections: each module is one, a class over moto's backend, its responses, or both."""
