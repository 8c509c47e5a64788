"""The ground floor: names, addresses and problems; imports nothing else of the project."""
