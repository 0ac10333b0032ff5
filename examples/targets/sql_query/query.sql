-- Customers with what they spent in all, their last order, and their rank by spending within their city.
SELECT c.id,
       c.city,
       (SELECT COALESCE(SUM(o.amount), 0) FROM orders o WHERE o.customer = c.id) AS spent,
       (SELECT MAX(o.day) FROM orders o WHERE o.customer = c.id) AS last_day,
       (SELECT COUNT(*)
          FROM customers other
         WHERE other.city = c.city
           AND (SELECT COALESCE(SUM(o.amount), 0) FROM orders o WHERE o.customer = other.id)
               > (SELECT COALESCE(SUM(o.amount), 0) FROM orders o WHERE o.customer = c.id)) + 1 AS place
  FROM customers c
 ORDER BY c.city, place, c.id;
