using OpenCvSharp;
using SmartCity.Faces;

namespace SmartCity.Edge.Faces;

/// <summary>OpenCV's pictures as <see cref="SmartCity.Faces"/> takes them; the picture must be kept until they are done with.</summary>
internal static class MatPixels
{
    /// <param name="picture">BGR, 8 bit.</param>
    public static Pixels Pixels(this Mat picture) => new(picture.Bytes(), picture.Width, picture.Height, (int)picture.Step(), picture.Channels());

    /// <summary>Its bytes, to be changed.</summary>
    public static unsafe Span<byte> Bytes(this Mat picture) => new((void*)picture.Data, (int)((picture.Height - 1) * picture.Step() + picture.Width * picture.ElemSize()));
}
