namespace SmartCity.Contracts.Cities;

/// <summary>The rules for privacy masks.</summary>
public static class PrivacyMask
{
    public const int MostMasks = 20;
    public const int MostPoints = 100;

    /// <summary>What is wrong with a camera's masks, in plain English; null if nothing is.</summary>
    public static string? Check(IReadOnlyList<IReadOnlyList<double[]>> masks)
    {
        if (masks.Count > MostMasks)
        {
            return $"masks has {masks.Count} polygons; at most {MostMasks} are allowed.";
        }

        for (var i = 0; i < masks.Count; i++)
        {
            if (masks[i] is not { Count: >= 3 and <= MostPoints })
            {
                return $"masks[{i}] must be a polygon of 3 to {MostPoints} points.";
            }

            if (masks[i].Any(p => p is not [>= 0 and <= 1, >= 0 and <= 1]))
            {
                return $"masks[{i}] must have points of two numbers from 0 to 1: x from the left, y from the top.";
            }
        }

        return null;
    }
}
