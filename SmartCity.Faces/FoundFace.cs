using System.Numerics;

namespace SmartCity.Faces;

/// <summary>A face in a picture.</summary>
/// <param name="Box">About the face, pixels of the picture; it may reach beyond the picture's edge.</param>
/// <param name="Score">How sure the detector is, 0–1.</param>
/// <param name="Points">Where its eyes, nose and mouth are, pixels of the picture.</param>
public sealed record FoundFace(FaceBox Box, float Score, FacePoints Points);

/// <summary>An upright rectangle, pixels.</summary>
public readonly record struct FaceBox(float X, float Y, float Width, float Height)
{
    public float Right => X + Width;

    public float Bottom => Y + Height;

    /// <summary>The same middle, larger by this part of the width and height on each side.</summary>
    public FaceBox Grown(float part) => new(X - part * Width, Y - part * Height, Width * (1 + 2 * part), Height * (1 + 2 * part));

    /// <summary>The common area over the area of both together (IoU), 0–1.</summary>
    public float Overlap(in FaceBox other)
    {
        var width = MathF.Min(Right, other.Right) - MathF.Max(X, other.X);
        var height = MathF.Min(Bottom, other.Bottom) - MathF.Max(Y, other.Y);
        return width <= 0 || height <= 0 ? 0 : width * height / (Width * Height + other.Width * other.Height - width * height);
    }
}

/// <summary>Left and right are the picture's, not the person's.</summary>
public readonly record struct FacePoints(Vector2 LeftEye, Vector2 RightEye, Vector2 Nose, Vector2 LeftMouth, Vector2 RightMouth)
{
    internal Vector2 this[int index] => index switch
    {
        0 => LeftEye,
        1 => RightEye,
        2 => Nose,
        3 => LeftMouth,
        _ => RightMouth,
    };

    internal FacePoints Scaled(Vector2 by) => new(LeftEye * by, RightEye * by, Nose * by, LeftMouth * by, RightMouth * by);
}
