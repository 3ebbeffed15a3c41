using System.Numerics;

namespace SmartCity.Edge.Cameras.Simulation;

/// <summary>What a ray meets in a street of houses, road and sky, lit. Safe for many threads.</summary>
internal sealed class StreetRays(StreetPlan plan, StreetLight light)
{
    private readonly Vector3[] _lamps = [.. plan.Standing.Where(s => s.Lamp).Select(s => new Vector3(s.X - MathF.CopySign(1.4f, s.X), s.Height, s.Z))];

    /// <summary>Colour, red, green, blue from 0; more than 1 is blown out.</summary>
    public Vector3 Trace(Vector3 from, Vector3 direction) => Trace(from, direction, mirrors: light.Wet > 0);

    /// <summary>Light that falls on a point.</summary>
    public Vector3 LightAt(Vector3 point)
    {
        var sum = light.Ambient;
        if (light.LampsOn)
        {
            foreach (var lamp in _lamps)
            {
                var away = lamp - point;
                sum += light.Lamp * (42 / (42 + away.LengthSquared() * 1.5f)) * (.4f + .6f * Math.Clamp(away.Y / away.Length(), 0, 1));
            }
        }

        return sum;
    }

    private Vector3 Trace(Vector3 from, Vector3 direction, bool mirrors)
    {
        var toGround = direction.Y < 0 ? -from.Y / direction.Y : float.MaxValue;
        var toHouses = MathF.Abs(direction.X) < 1e-6f ? float.MaxValue : (MathF.CopySign(StreetPlan.Pavement, direction.X) - from.X) / direction.X;
        if (toGround < toHouses)
        {
            var hit = from + direction * Math.Min(toGround, StreetPlan.Length);
            return Haze(Street(hit, direction, mirrors && toGround < StreetPlan.Length), hit.Z);
        }

        var wall = from + direction * toHouses;
        return wall.Z < StreetPlan.Length ? Houses(wall, direction) : End(from, direction);
    }

    private Vector3 Street(Vector3 hit, Vector3 direction, bool mirrors)
    {
        var nearWall = 1 - .32f * MathF.Exp((MathF.Abs(hit.X) - StreetPlan.Pavement) / .45f);
        var lit = Ground.At(hit.X, hit.Z, plan.Seed) * LightAt(hit) * nearWall;
        if (!mirrors)
        {
            return lit;
        }

        var water = Ground.Puddle(hit.X, hit.Z, plan.Seed) * light.Wet;
        var ripple = (Grain.Smooth(hit.X * 9, hit.Z * 5, 3) - .5f) * .05f * direction.Z;
        var up = Trace(hit with { Y = .01f }, new Vector3(direction.X + ripple, -direction.Y + MathF.Abs(ripple), direction.Z), mirrors: false);
        var grazing = MathF.Pow(1 - Math.Clamp(-direction.Y / direction.Length(), 0, 1), 4);
        return Vector3.Lerp(lit * (1 - .42f * light.Wet), up, water * (.1f + .62f * grazing));
    }

    private Vector3 Houses(Vector3 hit, Vector3 direction)
    {
        var left = hit.X < 0;
        var houses = left ? plan.Left : plan.Right;
        var house = Find(houses, hit.Z);
        if (house is null)
        {
            return Haze(Above(direction) * .7f, hit.Z);
        }

        var up = hit.Y;
        if (up > house.Height)
        {
            var stack = hit.Z - house.From < 1.3f && up < house.Height + 1.5f;
            var pot = hit.Z - house.From < 1.2f && up < house.Height + 2 && (hit.Z - house.From) % .34f < .2f;
            return stack || pot ? Haze((stack ? house.Wall * .75f : Grain.Rgb(138, 92, 70)) * LightAt(hit), hit.Z) : Above(direction);
        }

        var (colour, glow) = Facade.At(house, hit.Z, up, hit.Z, Vector3.Lerp(light.Skyline, light.Zenith, .45f), light.RoomsLit);
        var shade = left ? 1 : light.Shade;
        var low = .78f + .22f * Math.Clamp(up / 2.2f, 0, 1);
        return Haze(colour * LightAt(hit with { X = hit.X * .93f }) * shade * low + glow, hit.Z);
    }

    private static House? Find(IReadOnlyList<House> houses, float along)
    {
        var (low, high) = (0, houses.Count - 1);
        while (low <= high)
        {
            var middle = (low + high) / 2;
            if (along < houses[middle].From)
            {
                high = middle - 1;
            }
            else if (along >= houses[middle].To)
            {
                low = middle + 1;
            }
            else
            {
                return houses[middle];
            }
        }

        return null;
    }

    // The street bends out of sight behind a block that stands across.
    private Vector3 End(Vector3 from, Vector3 direction)
    {
        var hit = from + direction * ((StreetPlan.Length - from.Z) / direction.Z);
        if (hit.Y > 13 + 3 * Grain.At((int)MathF.Floor(hit.X / 6), 1, plan.Seed))
        {
            return Above(direction);
        }

        var window = Grain.Band(.3f, .7f, .2f, hit.X / 2 - MathF.Floor(hit.X / 2)) * Grain.Band(.25f, .75f, .2f, hit.Y / 3.2f - MathF.Floor(hit.Y / 3.2f));
        return Haze(Vector3.Lerp(Grain.Rgb(130, 112, 92), Grain.Rgb(70, 70, 72), window) * LightAt(hit), StreetPlan.Length);
    }

    private Vector3 Above(Vector3 direction) => Sky.At(direction, light, plan.Seed);

    private Vector3 Haze(Vector3 colour, float far) => Vector3.Lerp(light.Skyline * .96f, colour, MathF.Exp(-Math.Max(0, far - 12) / light.Haze));
}
