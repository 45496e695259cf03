"""Reading and writing models of OlmoEarth Pretrain: configs, weights, and its releases on the hub."""
