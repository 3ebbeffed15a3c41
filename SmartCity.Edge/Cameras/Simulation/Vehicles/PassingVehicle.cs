using System.Numerics;
using OpenCvSharp;
using SmartCity.Contracts.Api;

namespace SmartCity.Edge.Cameras.Simulation;

/// <summary>A vehicle of the registry on its way through the street, seen from the front or behind: body, plate, lamps.</summary>
internal sealed class PassingVehicle : IDisposable
{
    private const float Nearly = 9.5f;
    private const float PlateMetres = .52f;

    private readonly VehicleView _vehicle;
    private readonly bool _front;
    private readonly Weather _weather;
    private readonly BodyShape _shape;
    private readonly VehicleSprite _sprite;
    private readonly Mat _plate;

    public PassingVehicle(VehicleView vehicle, bool front, StreetView view, Weather weather, PlateStyle plates = PlateStyle.Usual)
    {
        _vehicle = vehicle;
        _front = front;
        _weather = weather;
        _shape = BodyShape.Of(vehicle, front);
        var sharp = _shape.HalfWidth > 1.1f ? 190 : 235;
        _sprite = VehicleSprite.Render(vehicle, front, view, weather, LaneX, Nearly, sharp, Lit);
        _plate = PlateDrawing.Draw(vehicle.Plate, front, plates);
        var (gain, veil) = weather switch { Weather.Dusk => (.8, 4), Weather.Night => (.86, 5), Weather.Rain => (.8, 14), _ => (.95, 5) };
        _plate.ConvertTo(_plate, -1, gain, veil);
    }

    /// <summary>Middle of the lane it drives in: on the left, as in Britain.</summary>
    private float LaneX => _front ? StreetPlan.Lane : -StreetPlan.Lane;

    private bool Lit => _weather != Weather.Day;

    /// <summary>Draws the vehicle into a BGR picture; gives the plate's box.</summary>
    /// <param name="drift">Metres beside the middle of its lane.</param>
    /// <param name="z">Metres from the camera.</param>
    public Rect Draw(Mat picture, StreetView view, float drift, float z)
    {
        var at = new Vector3(LaneX + drift, 0, z);
        if (_front && _weather is Weather.Night or Weather.Dusk)
        {
            Halo.Add(picture, view.Project(at - new Vector3(0, 0, Math.Min(2.2f, z * .25f))), 2.6f * view.Scale(z), new Vector3(.5f, .48f, .4f) * (_weather == Weather.Night ? .8f : .3f), .3f);
        }

        _sprite.Draw(picture, view, at);
        var plate = Plate(picture, view, at);
        if (Lit)
        {
            Glare(picture, view, at);
        }

        return plate;
    }

    public void Dispose()
    {
        _sprite.Dispose();
        _plate.Dispose();
    }

    private Rect Plate(Mat picture, StreetView view, Vector3 at)
    {
        var motorcycle = _vehicle.Class == "motorcycle";
        var metres = motorcycle ? .5f : PlateMetres;
        var middle = view.Project(at + new Vector3(0, motorcycle ? MotorcycleSheets.Plate : _shape.Plate, 0));
        var width = metres * view.Scale(at.Z);
        var height = width * _plate.Height / _plate.Width;
        var box = new Rect((int)(middle.X - width / 2), (int)(middle.Y - height / 2), Math.Max(8, (int)width), Math.Max(3, (int)height));
        if ((box & new Rect(0, 0, picture.Width, picture.Height)) != box)
        {
            return box;
        }

        using var scaled = new Mat();
        Cv2.Resize(_plate, scaled, box.Size, 0, 0, InterpolationFlags.Area);
        using var region = new Mat(picture, box);
        scaled.CopyTo(region);
        return box;
    }

    private void Glare(Mat picture, StreetView view, Vector3 at)
    {
        var night = _weather == Weather.Night;
        var (colour, size) = _front ? (new Vector3(1, .97f, .88f) * (night ? .95f : .6f), night ? 1.15f : .55f) : (new Vector3(1, .1f, .07f) * (night ? .5f : .28f), night ? .36f : .28f);
        if (_vehicle.Class == "motorcycle")
        {
            Halo.Add(picture, view.Project(at + new Vector3(0, .78f, 0)), size * view.Scale(at.Z), colour);
            return;
        }

        var (out1, up) = ((_shape.Lamps.Inner + _shape.Lamps.Outer) / 2, (_shape.Lamps.Low + _shape.Lamps.High) / 2);
        foreach (var side in (float[])[-1, 1])
        {
            Halo.Add(picture, view.Project(at + new Vector3(side * out1, up, .12f)), size * view.Scale(at.Z), colour);
        }
    }
}
