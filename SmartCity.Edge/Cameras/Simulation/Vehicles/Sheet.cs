using System.Numerics;

namespace SmartCity.Edge.Cameras.Simulation;

/// <summary>What a point of a vehicle is made of. Gloss 0 is cloth and rubber, 1 glass.</summary>
internal readonly record struct Surface(Vector3 Colour, float Gloss, Vector3 Glow = default);

/// <summary>A curved sheet as a grid of points, rows × columns, in the vehicle's metres, with what it is made of at each point.</summary>
internal sealed class Sheet
{
    private readonly Vector3[,] _points;

    public Sheet(Vector3[,] points, Func<Vector3, Surface> surface)
    {
        _points = points;
        (Rows, Columns) = (points.GetLength(0), points.GetLength(1));
        Surface = surface;
        Normals = new Vector3[Rows, Columns];
        for (var row = 0; row < Rows; row++)
        {
            for (var column = 0; column < Columns; column++)
            {
                var across = points[row, Math.Min(column + 1, Columns - 1)] - points[row, Math.Max(column - 1, 0)];
                var along = points[Math.Min(row + 1, Rows - 1), column] - points[Math.Max(row - 1, 0), column];
                var normal = Vector3.Cross(along, across);
                Normals[row, column] = normal.LengthSquared() < 1e-12f ? -Vector3.UnitZ : Vector3.Normalize(normal);
            }
        }
    }

    public int Rows { get; }

    public int Columns { get; }

    public Func<Vector3, Surface> Surface { get; }

    public Vector3[,] Normals { get; }

    public Vector3 this[int row, int column] => _points[row, column];

    /// <summary>A rounded lump.</summary>
    public static Sheet Ellipsoid(Vector3 middle, Vector3 radii, Surface surface) => Ellipsoid(middle, radii, _ => surface);

    public static Sheet Ellipsoid(Vector3 middle, Vector3 radii, Func<Vector3, Surface> surface)
    {
        const int rows = 13;
        const int columns = 17;
        var points = new Vector3[rows, columns];
        for (var row = 0; row < rows; row++)
        {
            var (sin, cos) = MathF.SinCos(-MathF.PI / 2 + MathF.PI * row / (rows - 1));
            for (var column = 0; column < columns; column++)
            {
                // The half that faces the camera.
                var (across, deep) = MathF.SinCos(-MathF.PI / 2 + MathF.PI * column / (columns - 1));
                points[row, column] = middle + radii * new Vector3(across * cos, sin, -deep * cos);
            }
        }

        return new Sheet(points, surface);
    }

    /// <summary>A flat upright sheet that faces the camera.</summary>
    public static Sheet Board(float left, float right, float low, float high, float z, Func<Vector3, Surface> surface) =>
        new(new Vector3[,] { { new(left, low, z), new(right, low, z) }, { new(left, high, z), new(right, high, z) } }, surface);
}
