#!/usr/bin/env python3
"""Known answers for gp from scikit-learn (1.2.1): 50 data sets.

Run: /usr/bin/python3 make.py > sklearn.txt
Inputs are not stored: both sides draw them from the generator below. A line holds
kernel n d, then log likelihood, its gradient by (log l_1.. log l_d, log s2, log noise),
mean and variance at 3 points.
"""
import numpy as np
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF, ConstantKernel, Matern, WhiteKernel

state = 0


def draw():
    global state
    state = (state * 1664525 + 1013904223) % 2**32
    return (state + 0.5) / 2**32


for case in range(50):
    kind, n, d = case % 3, 4 + case % 17, 1 + case % 4
    X = np.array([[draw() for _ in range(d)] for _ in range(n)])
    y = np.array([draw() * 2 - 1 for _ in range(n)])
    log_l = np.array([draw() * 3 - 2 for _ in range(d)])
    log_s2, log_noise = draw() * 2 - 1, draw() * 4 - 6
    Xs = np.array([[draw() for _ in range(d)] for _ in range(3)])
    l = np.exp(log_l)
    base = [Matern(l, nu=2.5), Matern(l, nu=1.5), RBF(l)][kind]
    kernel = ConstantKernel(np.exp(log_s2)) * base + WhiteKernel(np.exp(log_noise))
    gp = GaussianProcessRegressor(kernel, alpha=0, optimizer=None).fit(X, y)
    value, grad = gp.log_marginal_likelihood(gp.kernel_.theta, eval_gradient=True)
    grad = np.concatenate([grad[1:1 + d], grad[:1], grad[-1:]])
    mean, cov = gp.predict(Xs, return_cov=True)
    out = [kind, n, d, value, *grad, *mean, *(np.diag(cov) - np.exp(log_noise))]
    print(*(f"{v:.17g}" for v in out))
