"""An authority that other tools made: easy-rsa 2 or 3, by hand or under an install script."""
