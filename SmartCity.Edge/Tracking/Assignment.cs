namespace SmartCity.Edge.Tracking;

/// <summary>Who belongs to whom, one to one (the Hungarian method).</summary>
internal static class Assignment
{
    private const double Alone = 1e6;

    /// <summary>For each row the column that is its own, or -1: as many as possible, with the least sum of costs.</summary>
    /// <param name="cost">Of a row and a column, far below a million; null where they cannot belong together.</param>
    public static int[] Of(int rows, int columns, Func<int, int, double?> cost)
    {
        // A row may also stay alone: it has a column for that which no other wants.
        var all = columns + rows;
        double Cost(int row, int column) => column < columns ? cost(row, column) ?? 2 * Alone : Alone;

        // Rows and columns count from 1; column 0 holds the row that looks for its own.
        var (potential, price, owner, way) = (new double[rows + 1], new double[all + 1], new int[all + 1], new int[all + 1]);
        for (var row = 1; row <= rows; row++)
        {
            owner[0] = row;
            var (at, least, seen) = (0, new double[all + 1], new bool[all + 1]);
            Array.Fill(least, double.PositiveInfinity);
            do
            {
                seen[at] = true;
                var (step, next) = (double.PositiveInfinity, 0);
                for (var column = 1; column <= all; column++)
                {
                    if (seen[column])
                    {
                        continue;
                    }

                    var reduced = Cost(owner[at] - 1, column - 1) - potential[owner[at]] - price[column];
                    if (reduced < least[column])
                    {
                        (least[column], way[column]) = (reduced, at);
                    }

                    if (least[column] < step)
                    {
                        (step, next) = (least[column], column);
                    }
                }

                for (var column = 0; column <= all; column++)
                {
                    if (seen[column])
                    {
                        potential[owner[column]] += step;
                        price[column] -= step;
                    }
                    else
                    {
                        least[column] -= step;
                    }
                }

                at = next;
            }
            while (owner[at] != 0);

            for (; at != 0; at = way[at])
            {
                owner[at] = owner[way[at]];
            }
        }

        var own = new int[rows];
        Array.Fill(own, -1);
        for (var column = 1; column <= columns; column++)
        {
            if (owner[column] > 0 && cost(owner[column] - 1, column - 1) is not null)
            {
                own[owner[column] - 1] = column - 1;
            }
        }

        return own;
    }
}
