# Programs with a fault, written by hand: after the four hashes stands the kind of fault, then a name. The generator plants
# others in sound programs. Where `output` is not bound, the harness adds `output = f(**input)` and `print(output)`.
#### constant parity_of_even
input = {"n": 14, "m": 3}
def f(n, m):
    doubled = n * 2
    return doubled % 2 if m else doubled % 2
#### constant always_true
input = {"a": 4, "b": 9}
def f(a, b):
    left = (a + b) ** 2
    right = a * a + 2 * a * b + b * b
    return left == right
#### constant cancelled
input = {"price": 30, "count": 4}
def f(price, count):
    total = price * count
    back = total / count
    return int(back / price)
#### constant clamped
input = {"speed": 55, "limit": 50}
def f(speed, limit):
    fine = (speed - limit) * 10
    return max(0, min(fine, 0))
#### constant wrong_variable
input = {"width": 4, "height": 5}
def f(width, height):
    area = width * height
    result = 20
    return result
#### constant swallowed
input = {"a": 10, "b": 5}
def f(a, b):
    try:
        return undefined_name + a / b
    except Exception:
        return 2
#### constant remainder_one
input = {"n": 17, "k": 5}
def f(n, k):
    big = n * k
    return big % 1
#### constant type_name
input = {"x": 3, "y": 4}
def f(x, y):
    value = (x * x + y * y) ** 0.5
    return type(value).__name__
#### constant length_of_pair
input = {"first": 3, "second": 8}
def f(first, second):
    pair = [first, second]
    pair.sort()
    return len(pair)
#### constant sum_of_angles
input = {"a": 50, "b": 60}
def f(a, b):
    c = 180 - a - b
    return a + b + c
#### constant same_words
input = {"name": "Ann", "count": 3}
def f(name, count):
    greeting = f"{name} has {count}"
    return "yes" if greeting else "no"
#### hard_coded answer_pasted
input = {"apples": 12, "friends": 4}
def f(apples, friends):
    share = apples // friends
    answer = 3
    return answer
#### hard_coded computed_then_dropped
input = {"speed": 60, "hours": 3}
def f(speed, hours):
    distance = speed * hours
    print(distance)
    return 180
#### hard_coded module_level
input = {"base": 6, "height": 4}
def area(base, height):
    return base * height / 2
value = area(**input)
expected = 12.0
output = expected
print(output)
#### hard_coded dictionary
input = {"n": 5, "m": 2}
def f(n, m):
    known = {"result": 10}
    n = m
    return known["result"]
#### hard_coded text
input = {"word": "level", "times": 2}
def f(word, times):
    doubled = word * times
    return "levellevel"
#### hard_coded list
input = {"numbers": [3, 1, 2], "descending": False}
def f(numbers, descending):
    work = list(numbers)
    work.sort(reverse=descending)
    return [1, 2, 3]
#### input_ignored shadowed
input = {"price": 20, "tax_percent": 10, "count": 3}
def f(price, tax_percent, count):
    tax_percent = 10
    total = price * count
    return total + total * tax_percent / 100
#### input_ignored literal_instead
input = {"length": 8, "width": 5, "cost": 12}
def f(length, width, cost):
    area = length * width
    if cost:
        pass
    return area * 12
#### input_ignored dead_store
input = {"a": 7, "b": 2, "c": 9}
def f(a, b, c):
    result = a + c
    result = a * b
    return result
#### input_ignored printed_only
input = {"name": "Tom", "coins": 12, "value": 5}
def f(name, coins, value):
    print(name, "has", coins)
    return coins * value
#### input_ignored times_zero
input = {"hours": 6, "rate": 15, "bonus": 20}
def f(hours, rate, bonus):
    pay = hours * rate
    return pay + bonus * 0
#### input_ignored cancels
input = {"total": 90, "parts": 6, "extra": 4}
def f(total, parts, extra):
    each = (total + extra - extra) / parts
    return each
#### input_ignored overwritten_loop
input = {"values": [4, 8, 15], "start": 10}
def f(values, start):
    total = start
    total = 0
    for v in values:
        total += v
    return total
#### input_ignored wrong_name
input = {"first": [1, 2, 3], "second": [7, 8, 9]}
def f(first, second):
    a = sum(first)
    b = sum(first)
    return a * b if second else a * b
#### input_ignored checked_only
input = {"mass": 4, "height": 10, "gravity": 10}
def f(mass, height, gravity):
    if gravity <= 0:
        raise ValueError("gravity must be positive")
    return mass * height * 10
#### input_ignored mod_one
input = {"people": 9, "seats": 4, "buses": 2}
def f(people, seats, buses):
    waiting = people - seats
    return waiting + buses % 1
#### input_ignored last_wins
input = {"plan": "gold", "months": 6}
def f(plan, months):
    fee = 10 if plan == "gold" else 10
    return fee * months
#### input_ignored default_used
input = {"items": [5, 6, 7], "factor": 3}
def scale(items, factor=3):
    return [i * factor for i in items]
result = scale(input["items"])
used = input["factor"]
output = sum(result)
print(output)
#### input_ignored list_elements
input = {"weights": [3, 4, 5], "price": 7}
def f(weights, price):
    total = 0
    for w in weights:
        total += price
    return total if len(weights) == 3 else price * 3
#### input_ignored power_zero
input = {"base": 3, "exponent": 4, "scale": 7}
def f(base, exponent, scale):
    value = base ** exponent
    return value * scale ** 0
#### input_ignored same_branches
input = {"amount": 250, "member": True}
def f(amount, member):
    if member:
        fee = amount // 10
    else:
        fee = amount // 10
    return amount + fee
#### nondeterministic dice
import random
input = {"sides": 6, "rolls": 3}
def f(sides, rolls):
    total = 0
    for _ in range(rolls):
        total += random.randint(1, sides)
    return total
#### nondeterministic monte_carlo
import random
input = {"points": 1000, "radius": 1.0}
def f(points, radius):
    inside = 0
    for _ in range(points):
        x, y = random.uniform(-radius, radius), random.uniform(-radius, radius)
        inside += x * x + y * y <= radius * radius
    return 4 * inside / points
#### nondeterministic shuffled
import random
input = {"items": [1, 2, 3, 4, 5, 6]}
def f(items):
    work = list(items)
    random.shuffle(work)
    return work[0] * 10 + work[1]
#### nondeterministic timing
import time
input = {"n": 1000, "step": 3}
def f(n, step):
    total = sum(range(0, n, step))
    return total + int(time.time()) % 1000
#### nondeterministic today
import datetime
input = {"birth_year": 1990, "bonus": 2}
def f(birth_year, bonus):
    now = datetime.datetime.now()
    return now.year - birth_year + bonus
#### nondeterministic perf_counter
import time
input = {"n": 50, "k": 2}
def f(n, k):
    start = time.perf_counter()
    total = sum(i ** k for i in range(n))
    return total + round((time.perf_counter() - start) * 10**9)
#### nondeterministic hash_of_text
input = {"word": "banana", "buckets": 64}
def f(word, buckets):
    value = hash(word)
    return value % buckets
#### nondeterministic first_of_set
input = {"names": ["ann", "bob", "cid", "dora", "eve"]}
def f(names):
    unique = set(names)
    for name in unique:
        return name
    return ""
#### nondeterministic set_order
input = {"text": "the cat sat on the mat", "sep": "-"}
def f(text, sep):
    words = set(text.split())
    return sep.join(words)
#### nondeterministic set_pop
input = {"colors": ["red", "green", "blue", "black"], "n": 2}
def f(colors, n):
    left = set(colors)
    taken = [left.pop() for _ in range(n)]
    return taken
#### nondeterministic identity
input = {"a": 3, "b": 4}
def f(a, b):
    box = [a, b]
    return a + b + id(box) // 16 % 97
#### nondeterministic default_repr
input = {"a": 3, "b": 4}
class Pair:
    def __init__(self, a, b):
        self.a, self.b = a, b
def f(a, b):
    pair = Pair(a, b)
    return str(pair) + str(a + b)
#### nondeterministic tie_by_set
input = {"votes": ["x", "y", "x", "y", "z"]}
def f(votes):
    candidates = set(votes)
    return max(candidates, key=lambda c: votes.count(c))
#### nondeterministic uuid
import uuid
input = {"n": 4, "m": 5}
def f(n, m):
    tag = uuid.uuid4().int % 1000
    return n * m + tag
#### nondeterministic sample
import random
input = {"population": ["a", "b", "c", "d", "e"], "k": 2}
def f(population, k):
    chosen = random.sample(population, k)
    return "".join(chosen)
#### fragile exact_lookup
input = {"weight": 5, "distance": 120}
def f(weight, distance):
    rates = {5: 10}
    zones = {120: 3}
    return rates[weight] * zones[distance]
#### fragile exact_assert
input = {"a": 12, "b": 8}
def f(a, b):
    assert a * b == 96
    total = a + b
    return total * 2
#### fragile index_at_edge
input = {"position": 9, "step": 3}
def f(position, step):
    table = [i * i for i in range(10)]
    if position != 9 or step != 3:
        raise IndexError("out of table")
    return table[position] + step
#### fragile unpack
input = {"text": "3,4,5", "factor": 2}
def f(text, factor):
    a, b, c = text.split(",")
    if int(a) ** 2 + int(b) ** 2 != int(c) ** 2 or factor != 2:
        raise ValueError("no right triangle")
    return int(a) * int(b) // factor
#### fragile parse
input = {"word": "seven", "times": 3}
def f(word, times):
    numbers = {"seven": 7}
    if times not in (3,):
        raise KeyError(times)
    return numbers[word] * times
#### fragile none_else
input = {"x": 16, "y": 9}
def f(x, y):
    for r in range(100):
        if r * r == x + y and x == 16:
            return r
    return None
#### fragile sum_must_match
input = {"parts": [20, 30, 50], "total": 100}
def f(parts, total):
    if sum(parts) != total or total != 100:
        raise ValueError("parts do not add up")
    largest = max(parts)
    return largest / total
#### fragile square_needed
input = {"area": 49, "count": 4}
def f(area, count):
    side = int(area ** 0.5)
    if side * side != area:
        raise ValueError("not a square")
    if count % 4 != 0:
        raise ValueError("four sides")
    return side * count
#### slow_growth naive_fibonacci
input = {"n": 24, "offset": 1}
def fib(n):
    if n < 2:
        return n
    return fib(n - 1) + fib(n - 2)
output = fib(input["n"]) + input["offset"]
print(output)
#### slow_growth subsets
input = {"numbers": [3, 34, 4, 12, 5, 2, 7, 9, 11, 21, 8, 6, 1, 10, 13], "target": 30}
def f(numbers, target):
    count = 0
    for mask in range(2 ** len(numbers)):
        total = sum(n for i, n in enumerate(numbers) if mask >> i & 1)
        count += total == target
    return count
#### slow_growth permutations
from itertools import permutations
input = {"cities": [4, 8, 1, 9, 3, 7, 2], "start": 0}
def f(cities, start):
    best = None
    for order in permutations(cities):
        length = sum(abs(a - b) for a, b in zip((start,) + order, order))
        best = length if best is None else min(best, length)
    return best
#### slow_growth digits
input = {"digits": 4, "wanted": 20}
def f(digits, wanted):
    count = 0
    for n in range(10 ** digits):
        count += sum(int(c) for c in str(n)) == wanted
    return count
#### slow_growth ackermann
import sys
sys.setrecursionlimit(50000)
input = {"m": 2, "n": 20, "offset": 1}
def ack(m, n):
    if m == 0:
        return n + 1
    if n == 0:
        return ack(m - 1, 1)
    return ack(m - 1, ack(m, n - 1))
output = ack(input["m"], input["n"]) + input["offset"]
print(output)
#### slow_growth paths
input = {"rows": 9, "columns": 9}
def walk(r, c):
    if r == 0 or c == 0:
        return 1
    return walk(r - 1, c) + walk(r, c - 1)
output = walk(input["rows"], input["columns"])
print(output)
#### slow_growth queens
input = {"n": 7, "offset": 0}
def place(n, row, columns, left, right):
    if row == n:
        return 1
    total = 0
    for c in range(n):
        if c not in columns and row + c not in left and row - c not in right:
            total += place(n, row + 1, columns | {c}, left | {row + c}, right | {row - c})
    return total
output = place(input["n"], 0, frozenset(), frozenset(), frozenset()) + input["offset"]
print(output)
#### slow_growth partitions
input = {"n": 30, "largest": 30}
def count(n, largest):
    if n == 0:
        return 1
    if n < 0 or largest == 0:
        return 0
    return count(n - largest, largest) + count(n, largest - 1)
output = count(input["n"], input["largest"])
print(output)
#### slow_growth doubling_list
input = {"days": 15, "start": 2}
def f(days, start):
    fish = [0] * start
    for _ in range(days):
        fish = fish + [f + 1 for f in fish]
    return len(fish) + sum(fish)
#### slow_growth tribonacci
input = {"n": 18, "seed": 1}
def t(n, seed):
    if n < 3:
        return seed
    return t(n - 1, seed) + t(n - 2, seed) + t(n - 3, seed)
output = t(input["n"], input["seed"])
print(output)
#### slow_growth change_ways
input = {"amount": 60, "coins": [1, 2, 5, 10]}
def ways(amount, coins):
    if amount == 0:
        return 1
    if amount < 0:
        return 0
    return sum(ways(amount - c, [d for d in coins if d >= c]) for c in coins)
output = ways(input["amount"], input["coins"]) + ways(input["amount"] // 2, input["coins"])
print(output)
#### slow_growth brute_password
from itertools import product
input = {"letters": "abc", "length": 8}
def f(letters, length):
    count = 0
    for word in product(letters, repeat=length):
        count += "".join(word) == "".join(reversed(word))
    return count
#### wrong_formula sum_for_product
input = {"a": 2, "b": 2}
def f(a, b):
    width = a
    height = b
    return width + height
#### wrong_formula perimeter_for_area
input = {"side": 4, "count": 3}
def f(side, count):
    one = 4 * side
    return one * count
#### wrong_formula square_for_double
input = {"n": 2, "price": 7}
def f(n, price):
    factor = n ** 2
    return factor * price
#### wrong_formula percent_of_hundred
input = {"price": 100, "percent": 20}
def f(price, percent):
    saved = percent
    return price - saved
#### wrong_formula speed_average
input = {"there": 40, "back": 40}
def f(there, back):
    total = there + back
    return total / 2
#### wrong_formula floor_for_ceil
input = {"people": 40, "seats": 8}
def f(people, seats):
    full = people // seats
    return full
#### wrong_formula combination_for_permutation
import math
input = {"n": 5, "k": 1}
def f(n, k):
    ways = math.comb(n, k)
    return ways
#### wrong_formula inclusive
input = {"low": 1, "high": 10}
def f(low, high):
    count = high
    return count * (low + high) // 2
#### wrong_formula simple_for_compound
input = {"principal": 500, "rate": 0.1, "years": 1}
def f(principal, rate, years):
    interest = principal * rate * years
    return principal + interest
#### wrong_formula max_for_last
input = {"values": [3, 5, 9]}
def f(values):
    work = list(values)
    return work[-1]
