"""What runs on the instances. Nothing here needs Pulumi, so each host can be built and tested alone."""
