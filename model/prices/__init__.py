"""What AWS charges: a region's price list, what of it a resource uses, and what a stack costs a month."""
