"""The policy pack: rules that keep VPN environments safe, over any Pulumi program that uses pulumi-aws."""
