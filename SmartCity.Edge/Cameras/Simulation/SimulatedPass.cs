using OpenCvSharp;
using SmartCity.Contracts.Api;

namespace SmartCity.Edge.Cameras.Simulation;

/// <summary>One vehicle on its way towards the camera.</summary>
internal sealed class SimulatedPass(Scene scene, Caption caption, VehicleView vehicle, long number, PassingVehicle drawing, int frames, float drift) : IDisposable
{
    private const float Nearest = 7;
    private const float Farthest = 12.2f;

    public VehicleView Vehicle { get; } = vehicle;

    /// <summary>Pictures that show it.</summary>
    public int Frames { get; } = frames;

    /// <summary>A picture of 0 to <see cref="Frames"/> - 1, from far to near. The caller disposes it.</summary>
    /// <param name="at">Written into the picture.</param>
    public (Mat Picture, FrameTruth Truth) Draw(int frame, DateTimeOffset? at = null)
    {
        var near = (frame + .5f) / Frames;
        var picture = scene.Empty();
        var plate = drawing.Draw(picture, scene.View, drift * (1 - near), float.Lerp(Farthest, Nearest, near));
        Smear(picture, plate, near);
        scene.Expose(picture);
        caption.Write(picture, at);
        return (picture, new FrameTruth(Vehicle.Plate, number, plate));
    }

    public void Dispose() => drawing.Dispose();

    // The nearer the vehicle, the further it moves while the shutter is open.
    private static void Smear(Mat picture, Rect plate, float near)
    {
        var length = (int)(1 + 3 * near * near);
        if (length < 2)
        {
            return;
        }

        var around = new Rect(plate.X - plate.Width, plate.Y - plate.Width, plate.Width * 3, plate.Width * 2) & new Rect(0, 0, picture.Width, picture.Height);
        using var region = new Mat(picture, around);
        Cv2.Blur(region, region, new Size(1, length));
    }
}
