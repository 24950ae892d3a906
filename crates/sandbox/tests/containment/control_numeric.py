import mpmath
import numpy as np
import sympy

x = sympy.symbols("x")
rows = [
    np.array([1 / 3, 1e-9, 1e9]), np.arange(3) * 2, np.array([1.0]) / 0.0, np.random.rand(2), np.random.randint(0, 100, 3), np.pi,
    np.sum([1, 2]), np.mean([1, 2]), np.float64(0.1) + 0.2, np.linspace(0, 1, 3), np.ndarray.__name__, np.zeros(2000),
    str(mpmath.mpf(1) / 3), mpmath.mp.dps, mpmath.pi, sympy.sqrt(8), sympy.Rational(1, 3) + 1, sympy.N(sympy.pi), sympy.pi.evalf(30),
    sympy.Symbol("x") == x,
    sympy.diff(x**3, x), sympy.factorint(12), repr(sympy.Integer(3)), (sympy.Integer(1) / 3), sympy.latex(x / 2),
    sympy.Symbol("x").is_positive, sympy.expand((x + 1) ** 2), sympy.isprime(7), sympy.oo,
]
for row in rows:
    print(row)
output = [str(row) for row in rows]
