"""EC2 as moto has it, corrected: each module is one correction of moto's backend, its responses, or both."""
