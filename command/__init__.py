"""The command `aws-vpn`: one root, and a group for each folder that people work with."""
