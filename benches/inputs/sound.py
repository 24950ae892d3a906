# Sound programs, one after another. Each begins at a line of four hashes with its name; where `output` is not bound, the
# harness adds `output = f(**input)` and `print(output)`.
#### shared_bill
input = {"people": 4, "bill": 96.0, "tip_percent": 15}
def f(people, bill, tip_percent):
    total = bill * (1 + tip_percent / 100)
    return round(total / people, 2)
#### bakery_trays
input = {"trays": 7, "per_tray": 12, "sold": 50, "price": 3}
def f(trays, per_tray, sold, price):
    baked = trays * per_tray
    left = baked - sold
    return left * price
#### cheapest_offer
input = {"store_a": 120, "store_b": 95, "store_c": 110, "shipping_b": 12}
def f(store_a, store_b, store_c, shipping_b):
    b = store_b + shipping_b
    return min(store_a, b, store_c)
#### free_shipping
input = {"items": 3, "price": 18, "shipping": 7}
def f(items, price, shipping):
    subtotal = items * price
    if subtotal >= 100:
        return subtotal
    return subtotal + shipping
#### bulk_discount
input = {"count": 8, "unit_price": 25, "discount_percent": 20}
def f(count, unit_price, discount_percent):
    cost = count * unit_price
    if count > 50:
        cost = cost * (100 - discount_percent) / 100
    return cost
#### overtime_pay
input = {"hours": 38, "rate": 20, "overtime_factor": 1.5}
def f(hours, rate, overtime_factor):
    regular = min(hours, 40)
    extra = max(0, hours - 40)
    return regular * rate + extra * rate * overtime_factor
#### tax_brackets
input = {"income": 42000, "deduction": 6000}
def f(income, deduction):
    taxable = max(0, income - deduction)
    tax = 0
    for low, high, rate in [(0, 10000, 10), (10000, 40000, 20), (40000, 10**9, 30)]:
        if taxable > low:
            tax += (min(taxable, high) - low) * rate // 100
    return tax
#### train_meeting
input = {"distance": 360, "speed_a": 50, "speed_b": 70, "delay": 0}
def f(distance, speed_a, speed_b, delay):
    head_start = speed_a * delay
    rest = distance - head_start
    return delay + rest / (speed_a + speed_b)
#### age_puzzle
input = {"father_age": 40, "son_age": 10, "factor": 2}
def f(father_age, son_age, factor):
    years = 0
    while (father_age + years) > factor * (son_age + years):
        years += 1
    return years
#### mixture
input = {"liters_a": 3, "percent_a": 40, "liters_b": 5, "percent_b": 16}
def f(liters_a, percent_a, liters_b, percent_b):
    pure = liters_a * percent_a + liters_b * percent_b
    return pure / (liters_a + liters_b)
#### compound_interest
input = {"principal": 1000, "rate": 0.05, "years": 3}
def f(principal, rate, years):
    amount = principal
    for _ in range(years):
        amount *= 1 + rate
    return round(amount, 2)
#### simple_average
input = {"scores": [70, 85, 90, 65]}
def f(scores):
    total = sum(scores)
    return total / len(scores)
#### weighted_average
input = {"scores": [80, 90, 70], "weights": [0.5, 0.3, 0.2]}
def f(scores, weights):
    total = 0
    for s, w in zip(scores, weights):
        total += s * w
    return round(total, 4)
#### drop_lowest
input = {"grades": [88, 92, 75, 60], "drop": 1}
def f(grades, drop):
    kept = sorted(grades)[drop:]
    return sum(kept) / len(kept)
#### median
input = {"values": [7, 1, 9, 3, 5]}
def f(values):
    ordered = sorted(values)
    n = len(ordered)
    if n % 2:
        return ordered[n // 2]
    return (ordered[n // 2 - 1] + ordered[n // 2]) / 2
#### gcd_euclid
input = {"a": 84, "b": 36}
def f(a, b):
    while b:
        a, b = b, a % b
    return a
#### lcm_three
input = {"x": 4, "y": 6, "z": 10}
import math
def f(x, y, z):
    first = x * y // math.gcd(x, y)
    return first * z // math.gcd(first, z)
#### is_prime
input = {"n": 91}
def f(n):
    if n < 2:
        return False
    d = 2
    while d * d <= n:
        if n % d == 0:
            return False
        d += 1
    return True
#### count_primes
input = {"limit": 50}
def f(limit):
    sieve = [True] * (limit + 1)
    count = 0
    for p in range(2, limit + 1):
        if sieve[p]:
            count += 1
            for m in range(p * p, limit + 1, p):
                sieve[m] = False
    return count
#### divisor_sum
input = {"n": 28}
def f(n):
    total = 0
    for d in range(1, n + 1):
        if n % d == 0:
            total += d
    return total
#### perfect_number
input = {"n": 28}
def f(n):
    parts = [d for d in range(1, n) if n % d == 0]
    return sum(parts) == n
#### leap_year
input = {"year": 1900}
def f(year):
    if year % 400 == 0:
        return True
    return year % 4 == 0 and year % 100 != 0
#### modular_power
input = {"base": 7, "exponent": 13, "modulus": 11}
def f(base, exponent, modulus):
    result = 1
    for _ in range(exponent):
        result = result * base % modulus
    return result
#### mod_inverse
input = {"a": 3, "m": 11}
def f(a, m):
    for x in range(1, m):
        if a * x % m == 1:
            return x
    return -1
#### digit_sum
input = {"number": 98765}
def f(number):
    total = 0
    while number:
        total += number % 10
        number //= 10
    return total
#### digital_root
input = {"n": 493193}
def f(n):
    while n > 9:
        n = sum(int(c) for c in str(n))
    return n
#### palindrome_number
input = {"n": 12321}
def f(n):
    text = str(n)
    return text == text[::-1]
#### collatz_steps
input = {"start": 27}
def f(start):
    steps = 0
    while start != 1:
        start = start // 2 if start % 2 == 0 else 3 * start + 1
        steps += 1
    return steps
#### fibonacci_mod
input = {"n": 30, "m": 1000}
def f(n, m):
    a, b = 0, 1
    for _ in range(n):
        a, b = b, (a + b) % m
    return a
#### binomial
input = {"n": 10, "k": 3}
def f(n, k):
    result = 1
    for i in range(k):
        result = result * (n - i) // (i + 1)
    return result
#### trailing_zeros
input = {"n": 25}
def f(n):
    count = 0
    power = 5
    while power <= n:
        count += n // power
        power *= 5
    return count
#### base_conversion
input = {"number": 255, "base": 16}
def f(number, base):
    digits = "0123456789abcdefghijklmnopqrstuvwxyz"
    out = ""
    while number > 0:
        out = digits[number % base] + out
        number //= base
    return out or "0"
#### parse_base
input = {"text": "1101", "base": 2}
def f(text, base):
    value = 0
    for c in text:
        value = value * base + int(c)
    return value
#### chinese_remainder
input = {"r1": 2, "m1": 3, "r2": 3, "m2": 5}
def f(r1, m1, r2, m2):
    for x in range(m1 * m2):
        if x % m1 == r1 % m1 and x % m2 == r2 % m2:
            return x
    return -1
#### count_multiples
input = {"low": 10, "high": 100, "divisor": 7}
def f(low, high, divisor):
    count = 0
    for n in range(low, high + 1):
        if n % divisor == 0:
            count += 1
    return count
#### pythagorean
input = {"a": 3, "b": 4}
import math
def f(a, b):
    square = a * a + b * b
    return math.sqrt(square)
#### triangle_kind
input = {"a": 5, "b": 5, "c": 8}
def f(a, b, c):
    if a + b <= c or a + c <= b or b + c <= a:
        return "none"
    if a == b == c:
        return "equilateral"
    if a == b or b == c or a == c:
        return "isosceles"
    return "scalene"
#### heron
input = {"a": 5, "b": 6, "c": 7}
def f(a, b, c):
    if a + b <= c or a + c <= b or b + c <= a:
        raise ValueError("no triangle")
    s = (a + b + c) / 2
    return (s * (s - a) * (s - b) * (s - c)) ** 0.5
#### rectangle_overlap
input = {"first": [0, 0, 4, 4], "second": [2, 1, 6, 3]}
def f(first, second):
    width = min(first[2], second[2]) - max(first[0], second[0])
    height = min(first[3], second[3]) - max(first[1], second[1])
    return max(0, width) * max(0, height)
#### polygon_area
input = {"points": [(0, 0), (4, 0), (4, 3), (0, 3)]}
def f(points):
    total = 0
    for (x1, y1), (x2, y2) in zip(points, points[1:] + points[:1]):
        total += x1 * y2 - x2 * y1
    return abs(total) / 2
#### distance
input = {"p": (1, 2), "q": (4, 6)}
def f(p, q):
    dx = p[0] - q[0]
    dy = p[1] - q[1]
    return (dx * dx + dy * dy) ** 0.5
#### circle_points
input = {"radius": 5, "points": [(3, 4), (6, 1), (0, 0)]}
def f(radius, points):
    inside = 0
    for x, y in points:
        if x * x + y * y <= radius * radius:
            inside += 1
    return inside
#### quadratic_roots
input = {"a": 1, "b": -5, "c": 6}
def f(a, b, c):
    d = b * b - 4 * a * c
    if d < 0:
        return []
    root = d ** 0.5
    return sorted([(-b - root) / (2 * a), (-b + root) / (2 * a)])
#### linear_system
input = {"a": 2, "b": 1, "c": 5, "d": 1, "e": -1, "g": 1}
def f(a, b, c, d, e, g):
    det = a * e - b * d
    if det == 0:
        return "none"
    return ((c * e - b * g) / det, (a * g - c * d) / det)
#### matrix_trace
input = {"matrix": [[1, 2, 3], [4, 5, 6], [7, 8, 9]]}
def f(matrix):
    total = 0
    for i in range(len(matrix)):
        total += matrix[i][i]
    return total
#### matrix_product
input = {"a": [[1, 2], [3, 4]], "b": [[0, 1], [1, 0]]}
def f(a, b):
    n = len(a)
    return [[sum(a[i][k] * b[k][j] for k in range(n)) for j in range(n)] for i in range(n)]
#### determinant
input = {"m": [[2, 0, 1], [1, 3, 2], [1, 1, 4]]}
def f(m):
    if len(m) == 1:
        return m[0][0]
    total = 0
    for j in range(len(m)):
        minor = [row[:j] + row[j + 1:] for row in m[1:]]
        total += (-1) ** j * m[0][j] * f(minor)
    return total
#### dot_product
input = {"u": [1, 2, 3], "v": [4, 5, 6]}
def f(u, v):
    total = 0
    for x, y in zip(u, v):
        total += x * y
    return total
#### two_sum
input = {"numbers": [2, 7, 11, 15], "target": 9}
def f(numbers, target):
    for i in range(len(numbers)):
        for j in range(i + 1, len(numbers)):
            if numbers[i] + numbers[j] == target:
                return [i, j]
    return []
#### max_subarray
input = {"numbers": [-2, 1, -3, 4, -1, 2, 1, -5, 4]}
def f(numbers):
    best = current = numbers[0]
    for n in numbers[1:]:
        current = max(n, current + n)
        best = max(best, current)
    return best
#### kth_largest
input = {"numbers": [3, 2, 1, 5, 6, 4], "k": 2}
def f(numbers, k):
    ordered = sorted(numbers, reverse=True)
    return ordered[k - 1]
#### binary_search
input = {"sorted_numbers": [1, 3, 5, 7, 9, 11], "target": 7}
def f(sorted_numbers, target):
    low, high = 0, len(sorted_numbers) - 1
    while low <= high:
        mid = (low + high) // 2
        if sorted_numbers[mid] == target:
            return mid
        if sorted_numbers[mid] < target:
            low = mid + 1
        else:
            high = mid - 1
    return -1
#### rotate_list
input = {"items": [1, 2, 3, 4, 5], "steps": 2}
def f(items, steps):
    steps %= len(items)
    return items[-steps:] + items[:-steps]
#### moving_average
input = {"values": [4, 8, 6, 2, 10], "window": 2}
def f(values, window):
    out = []
    for i in range(len(values) - window + 1):
        out.append(sum(values[i:i + window]) / window)
    return out
#### merge_intervals
input = {"intervals": [[1, 3], [2, 6], [8, 10], [15, 18]]}
def f(intervals):
    merged = []
    for start, end in sorted(intervals):
        if merged and start <= merged[-1][1]:
            merged[-1][1] = max(merged[-1][1], end)
        else:
            merged.append([start, end])
    return merged
#### coin_change
input = {"coins": [1, 2, 5], "amount": 11}
def f(coins, amount):
    best = [0] + [10**9] * amount
    for value in range(1, amount + 1):
        for coin in coins:
            if coin <= value:
                best[value] = min(best[value], best[value - coin] + 1)
    return best[amount] if best[amount] < 10**9 else -1
#### knapsack
input = {"weights": [1, 3, 4, 5], "values": [1, 4, 5, 7], "capacity": 7}
def f(weights, values, capacity):
    table = [0] * (capacity + 1)
    for w, v in zip(weights, values):
        for c in range(capacity, w - 1, -1):
            table[c] = max(table[c], table[c - w] + v)
    return table[capacity]
#### stairs
input = {"n": 10, "max_step": 3}
def f(n, max_step):
    ways = [1]
    for i in range(1, n + 1):
        ways.append(sum(ways[i - s] for s in range(1, max_step + 1) if s <= i))
    return ways[n]
#### grid_paths
input = {"rows": 4, "columns": 5}
def f(rows, columns):
    grid = [[1] * columns for _ in range(rows)]
    for r in range(1, rows):
        for c in range(1, columns):
            grid[r][c] = grid[r - 1][c] + grid[r][c - 1]
    return grid[-1][-1]
#### longest_increasing
input = {"numbers": [10, 9, 2, 5, 3, 7, 101, 18]}
def f(numbers):
    best = [1] * len(numbers)
    for i in range(len(numbers)):
        for j in range(i):
            if numbers[j] < numbers[i]:
                best[i] = max(best[i], best[j] + 1)
    return max(best)
#### edit_distance
input = {"a": "kitten", "b": "sitting"}
def f(a, b):
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        previous, row[0] = row[0], i
        for j, y in enumerate(b, 1):
            previous, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, previous + (x != y))
    return row[-1]
#### common_subsequence
input = {"a": "ABCBDAB", "b": "BDCABA"}
def f(a, b):
    table = [[0] * (len(b) + 1) for _ in range(len(a) + 1)]
    for i in range(len(a)):
        for j in range(len(b)):
            table[i + 1][j + 1] = table[i][j] + 1 if a[i] == b[j] else max(table[i][j + 1], table[i + 1][j])
    return table[-1][-1]
#### count_vowels
input = {"text": "The quick brown fox"}
def f(text):
    count = 0
    for c in text.lower():
        if c in "aeiou":
            count += 1
    return count
#### reverse_words
input = {"sentence": "one two three four"}
def f(sentence):
    words = sentence.split()
    return " ".join(reversed(words))
#### caesar
input = {"text": "Hello", "shift": 3}
def f(text, shift):
    out = []
    for c in text:
        if c.isalpha():
            base = ord("A") if c.isupper() else ord("a")
            c = chr((ord(c) - base + shift) % 26 + base)
        out.append(c)
    return "".join(out)
#### anagram
input = {"first": "listen", "second": "silent"}
def f(first, second):
    a = sorted(first.lower())
    b = sorted(second.lower())
    return a == b
#### run_length
input = {"text": "aaabbc"}
def f(text):
    out = ""
    count = 0
    for i, c in enumerate(text):
        count += 1
        if i + 1 == len(text) or text[i + 1] != c:
            out += c + str(count)
            count = 0
    return out
#### balanced
input = {"text": "([]{})"}
def f(text):
    stack = []
    pairs = {")": "(", "]": "[", "}": "{"}
    for c in text:
        if c in "([{":
            stack.append(c)
        elif not stack or stack.pop() != pairs[c]:
            return False
    return not stack
#### word_count
input = {"text": "the cat and the dog and the bird", "word": "the"}
def f(text, word):
    counts = {}
    for w in text.split():
        counts[w] = counts.get(w, 0) + 1
    return counts.get(word, 0)
#### first_unique
input = {"text": "swiss"}
def f(text):
    for c in text:
        if text.count(c) == 1:
            return c
    return ""
#### roman
input = {"number": 1994}
def f(number):
    out = ""
    for value, sign in [(1000, "M"), (900, "CM"), (500, "D"), (400, "CD"), (100, "C"), (90, "XC"), (50, "L"), (40, "XL"), (10, "X"), (9, "IX"), (5, "V"), (4, "IV"), (1, "I")]:
        while number >= value:
            out += sign
            number -= value
    return out
#### calculator
input = {"a": 12, "b": 5, "operation": "sub"}
def f(a, b, operation):
    if operation == "add":
        return a + b
    if operation == "sub":
        return a - b
    if operation == "mul":
        return a * b
    raise ValueError("unknown operation")
#### shipping_zone
input = {"zone": "north", "weight": 4}
def f(zone, weight):
    rates = {"north": 3, "south": 5, "east": 4}
    if weight > 20:
        return rates[zone] * weight * 2
    return rates[zone] * weight
#### shopping_cart
input = {"prices": {"apple": 3, "pear": 4, "plum": 2}, "order": ["apple", "plum", "apple"]}
def f(prices, order):
    total = 0
    for item in order:
        total += prices[item]
    return total
#### inventory
input = {"stock": {"pens": 10, "books": 4}, "sold": {"pens": 3, "books": 1}}
def f(stock, sold):
    left = {}
    for name, count in stock.items():
        left[name] = count - sold.get(name, 0)
    return left
#### team_scores
input = {"games": [{"home": 2, "away": 1}, {"home": 0, "away": 0}, {"home": 1, "away": 3}], "win_points": 3, "draw_points": 1}
def f(games, win_points, draw_points):
    points = 0
    for g in games:
        if g["home"] > g["away"]:
            points += win_points
        elif g["home"] == g["away"]:
            points += draw_points
    return points
#### top_student
input = {"names": ["Ann", "Ben", "Cid"], "scores": [81, 95, 78]}
def f(names, scores):
    best = max(range(len(scores)), key=lambda i: scores[i])
    return names[best]
#### is_member
input = {"age": 30, "member": True, "price": 50}
def f(age, member, price):
    if age < 18:
        return price // 2
    if member:
        return price - 10
    return price
#### senior_discount
input = {"age": 30, "price": 40, "percent_off": 25}
def f(age, price, percent_off):
    if age >= 65:
        return price * (100 - percent_off) / 100
    return float(price)
#### parking_fee
input = {"hours": 5, "first_hour": 4, "next_hours": 2, "daily_cap": 18}
def f(hours, first_hour, next_hours, daily_cap):
    fee = first_hour + max(0, hours - 1) * next_hours
    return min(fee, daily_cap)
#### phone_plan
input = {"minutes": 250, "included": 300, "base_fee": 20, "per_minute": 0.1}
def f(minutes, included, base_fee, per_minute):
    extra = max(0, minutes - included)
    return base_fee + extra * per_minute
#### clock_angle
input = {"hour": 3, "minute": 30}
def f(hour, minute):
    a = (hour % 12) * 30 + minute * 0.5
    b = minute * 6
    d = abs(a - b)
    return min(d, 360 - d)
#### add_minutes
input = {"time": "10:45", "minutes": 50}
def f(time, minutes):
    h, m = time.split(":")
    total = (int(h) * 60 + int(m) + minutes) % 1440
    return f"{total // 60:02d}:{total % 60:02d}"
#### days_between
input = {"start": "2024-01-15", "end": "2024-03-01"}
from datetime import date
def f(start, end):
    a = date.fromisoformat(start)
    b = date.fromisoformat(end)
    return (b - a).days
#### weekday
input = {"year": 2024, "month": 2, "day": 10}
import datetime
def f(year, month, day):
    d = datetime.date(year, month, day)
    return d.strftime("%A")
#### tickets
input = {"adults": 2, "children": 3, "adult_price": 12, "child_price": 7, "coupon": 5}
def f(adults, children, adult_price, child_price, coupon):
    total = adults * adult_price + children * child_price
    return max(0, total - coupon)
#### buses
input = {"students": 130, "seats": 45, "teachers": 6}
import math
def f(students, seats, teachers):
    riders = students + teachers
    return math.ceil(riders / seats)
#### paint
input = {"length": 12, "width": 9, "height": 8, "coverage": 350}
import math
def f(length, width, height, coverage):
    walls = 2 * (length + width) * height
    return math.ceil(walls / coverage)
#### fraction_of_pizza
input = {"slices": 24, "eaten_fraction": "3/8"}
from fractions import Fraction
def f(slices, eaten_fraction):
    eaten = Fraction(eaten_fraction) * slices
    return int(slices - eaten)
#### probability
input = {"red": 4, "blue": 6, "draws": 2}
from fractions import Fraction
def f(red, blue, draws):
    p = Fraction(1)
    for i in range(draws):
        p *= Fraction(red - i, red + blue - i)
    return str(p)
#### expected_value
input = {"outcomes": [1, 5, 10], "chances": [0.5, 0.3, 0.2], "cost": 2}
def f(outcomes, chances, cost):
    total = sum(o * c for o, c in zip(outcomes, chances))
    return round(total - cost, 6)
#### dice_ways
input = {"dice": 2, "faces": 6, "target": 7}
def f(dice, faces, target):
    ways = {0: 1}
    for _ in range(dice):
        new = {}
        for total, count in ways.items():
            for face in range(1, faces + 1):
                new[total + face] = new.get(total + face, 0) + count
        ways = new
    return ways.get(target, 0)
#### bfs_steps
input = {"grid": [[0, 0, 1], [1, 0, 1], [1, 0, 0]]}
from collections import deque
def f(grid):
    seen = {(0, 0): 0}
    queue = deque([(0, 0)])
    while queue:
        r, c = queue.popleft()
        for a, b in ((r + 1, c), (r - 1, c), (r, c + 1), (r, c - 1)):
            if 0 <= a < len(grid) and 0 <= b < len(grid[0]) and grid[a][b] == 0 and (a, b) not in seen:
                seen[(a, b)] = seen[(r, c)] + 1
                queue.append((a, b))
    return seen.get((len(grid) - 1, len(grid[0]) - 1), -1)
#### shortest_path
input = {"n": 5, "edges": [[0, 1, 4], [0, 2, 1], [2, 1, 2], [1, 3, 1], [3, 4, 3]], "start": 0, "goal": 4}
def f(n, edges, start, goal):
    dist = {start: 0}
    for _ in range(n):
        for a, b, w in edges:
            for x, y in ((a, b), (b, a)):
                if x in dist and dist[x] + w < dist.get(y, 10**9):
                    dist[y] = dist[x] + w
    return dist.get(goal, -1)
#### components
input = {"n": 6, "edges": [[0, 1], [1, 2], [3, 4]]}
def f(n, edges):
    parent = list(range(n))
    def find(x):
        while parent[x] != x:
            x = parent[x]
        return x
    for a, b in edges:
        parent[find(a)] = find(b)
    return len({find(x) for x in range(n)})
#### topological
input = {"tasks": ["a", "b", "c", "d"], "needs": [["b", "a"], ["c", "b"], ["d", "b"]]}
def f(tasks, needs):
    done = []
    while len(done) < len(tasks):
        ready = [t for t in tasks if t not in done and all(x in done for y, x in needs if y == t)]
        if not ready:
            return []
        done.append(ready[0])
    return done
#### game_of_life
input = {"cells": [[0, 1, 0], [0, 1, 0], [0, 1, 0]]}
def f(cells):
    rows, columns = len(cells), len(cells[0])
    alive = 0
    for r in range(rows):
        for c in range(columns):
            near = sum(cells[a][b] for a in range(max(0, r - 1), min(rows, r + 2)) for b in range(max(0, c - 1), min(columns, c + 2))) - cells[r][c]
            alive += near == 3 or (near == 2 and cells[r][c] == 1)
    return int(alive)
#### stock_profit
input = {"prices": [7, 1, 5, 3, 6, 4], "fee": 0}
def f(prices, fee):
    best, low = 0, prices[0]
    for p in prices[1:]:
        best = max(best, p - low - fee)
        low = min(low, p)
    return best
#### permutation_cycles
input = {"permutation": [2, 0, 1, 4, 3]}
def f(permutation):
    seen, cycles = set(), 0
    for start in range(len(permutation)):
        if start not in seen:
            cycles += 1
            while start not in seen:
                seen.add(start)
                start = permutation[start]
    return cycles
#### ackermann_small
input = {"m": 2, "n": 3}
def f(m, n):
    if m == 0:
        return n + 1
    if n == 0:
        return f(m - 1, 1)
    return f(m - 1, f(m, n - 1))
#### hanoi
input = {"disks": 5}
def f(disks):
    if disks == 0:
        return 0
    return 2 * f(disks - 1) + 1
#### subject_access
input = {"speed": 60, "hours": 2.5, "stops": 2, "stop_minutes": 15}
def trip(speed, hours):
    return speed * hours
travelled = trip(input["speed"], input["hours"])
lost = input["stops"] * input["stop_minutes"] / 60 * input["speed"]
output = travelled - lost
print(output)
#### class_account
input = {"opening": 100, "moves": [50, -30, 20], "fee": 1}
class Account:
    def __init__(self, balance):
        self.balance = balance
    def move(self, amount, fee):
        self.balance += amount - fee
account = Account(input["opening"])
for m in input["moves"]:
    account.move(m, input["fee"])
output = account.balance
print(output)
#### guarded_division
input = {"total": 60, "groups": 5}
def f(total, groups):
    if groups <= 0:
        raise ValueError("groups must be positive")
    if total % groups != 0:
        return None
    return total // groups
#### guarded_percent
input = {"price": 80, "percent": 30}
def f(price, percent):
    assert 0 <= percent <= 100, "percent out of range"
    assert price > 0
    return price - price * percent / 100
#### guarded_even
input = {"length": 10, "pieces": 4}
def f(length, pieces):
    assert length % 2 == 0
    assert 1 < pieces < 100
    return (length // 2) * pieces
#### set_of_numbers
input = {"a": [1, 2, 3, 4], "b": [3, 4, 5]}
def f(a, b):
    common = set(a) & set(b)
    return sum(common) * len(set(a) | set(b))
#### unique_sorted
input = {"words": ["pear", "fig", "apple", "fig"]}
def f(words):
    seen = set(words)
    return sorted(seen)
#### temperature
input = {"celsius": 20, "wind": 10}
def f(celsius, wind):
    fahrenheit = celsius * 9 / 5 + 32
    if wind > 30:
        fahrenheit -= 5
    return fahrenheit
#### rounding_change
input = {"price": 19.99, "quantity": 3, "paid": 100}
def f(price, quantity, paid):
    total = round(price * quantity, 2)
    return round(paid - total, 2)
#### worker_days
input = {"workers": 6, "days": 10, "new_workers": 4}
import math
def f(workers, days, new_workers):
    work = workers * days
    return math.ceil(work / (workers + new_workers))
#### lucky_ticket
input = {"ticket": "385916"}
def f(ticket):
    half = len(ticket) // 2
    left = sum(int(c) for c in ticket[:half])
    right = sum(int(c) for c in ticket[half:])
    return left == right
#### bits_set
input = {"n": 2023, "mask": 255}
def f(n, mask):
    value = n & mask
    return bin(value).count("1")
#### password_score
input = {"password": "abc12"}
def f(password):
    score = 0
    score += len(password) >= 8
    score += any(c.isdigit() for c in password)
    score += any(c.isupper() for c in password)
    return int(score)
#### loan_months
input = {"loan": 1000, "monthly": 100, "rate_percent": 1}
def f(loan, monthly, rate_percent):
    months = 0
    while loan > 0 and months < 1000:
        loan = loan * (100 + rate_percent) / 100 - monthly
        months += 1
    return months
#### population
input = {"start": 500, "target": 2000, "growth_percent": 8}
def f(start, target, growth_percent):
    years = 0
    people = start
    while people < target and years < 10000:
        people += people * growth_percent / 100
        years += 1
    return years
#### sort_by_key
input = {"items": [("b", 2), ("a", 3), ("c", 1)], "descending": False}
def f(items, descending):
    ordered = sorted(items, key=lambda item: item[1], reverse=descending)
    return [name for name, _ in ordered]
#### nested_config
input = {"box": {"length": 4, "width": 3, "height": 2}, "lid": True}
def f(box, lid):
    sides = 2 * box["height"] * (box["length"] + box["width"])
    base = box["length"] * box["width"]
    return sides + base * (2 if lid else 1)
#### sum_of_squares_limit
input = {"n": 10, "limit": 1000}
def f(n, limit):
    total = 0
    for i in range(1, n + 1):
        if total + i * i > limit:
            break
        total += i * i
    return total
#### best_of_three
input = {"first": 72, "second": 88, "third": 65, "bonus": 3}
def f(first, second, third, bonus):
    best_two = sorted([first, second, third])[1:]
    return sum(best_two) / 2 + bonus
#### alternating
input = {"numbers": [5, 3, 8, 1, 9, 2]}
def f(numbers):
    total = 0
    for i, n in enumerate(numbers):
        total += n if i % 2 == 0 else -n
    return total
#### elevator
input = {"floors": [3, 7, 2, 10], "seconds_per_floor": 2, "start": 1}
def f(floors, seconds_per_floor, start):
    moved, here = 0, start
    for floor in floors:
        moved += abs(floor - here)
        here = floor
    return moved * seconds_per_floor
#### compare_plans
input = {"rides": 20, "pass_price": 60, "ride_price": 4}
def f(rides, pass_price, ride_price):
    single = rides * ride_price
    if single > pass_price:
        return "pass"
    return "single"
#### date_of_birth
input = {"born": "1990-06-15", "today": "2024-03-01"}
def f(born, today):
    by, bm, bd = map(int, born.split("-"))
    ty, tm, td = map(int, today.split("-"))
    return ty - by - ((tm, td) < (bm, bd))
#### grid_sum
input = {"rows": 3, "columns": 4, "start": 5}
def f(rows, columns, start):
    total = 0
    for r in range(rows):
        for c in range(columns):
            total += start + r * columns + c
    return total
#### compound_condition
input = {"temperature": 25, "humidity": 40, "raining": False}
def f(temperature, humidity, raining):
    if raining:
        return "inside"
    if 15 <= temperature <= 30 and humidity < 70:
        return "outside"
    return "undecided"
#### guarded_remainder
input = {"total": 84, "groups": 7}
def f(total, groups):
    remaining = total * groups + 1
    if remaining % 19 != 0:
        raise ValueError("cannot be split")
    return remaining // 19
