using System.Numerics;
using SmartCity.Contracts.Api;

namespace SmartCity.Edge.Cameras.Simulation;

/// <summary>Shapes of cars: hatchbacks, saloons and off-roaders with the face of their make, and the London taxi.</summary>
internal static class CarShapes
{
    public static BodyShape Car(VehicleView vehicle, bool front)
    {
        var make = Seed(vehicle.Make + vehicle.Model);
        var tall = vehicle.UnladenKg > 1600 || vehicle.Model is "Qashqai" or "Tucson" or "Sportage" or "Puma" ? .19f : vehicle.Model is "Yaris" or "Jazz" or "500" ? .06f : 0;
        var saloon = vehicle.Model is "3 Series" or "E-Class" or "XF" or "Model 3" or "Octavia" or "Prius" or "Corolla";
        var wide = .87f + ((vehicle.UnladenKg ?? 1300) - 1200) / 8000f;
        var nose = .035f * (Grain.At(make, 1, 4) - .5f) + tall * .5f;
        var lampLow = .6f + nose;
        var lampTall = .085f + .07f * Grain.At(make, 2, 4);
        var belt = .95f + tall * .6f;
        var roof = 1.45f + tall;
        var shape = new BodyShape
        {
            Outline = front
                ? [new(.12f, .2f), new(.02f, .26f), new(0, .38f), new(0, .54f), new(.05f, .66f + nose), new(.16f, .76f + nose), new(.6f, .88f + nose), new(1.1f, belt), new(1.62f, roof - .16f), new(1.95f, roof - .03f), new(2.6f, roof), new(3.3f, roof - .06f)]
                : saloon
                    ? [new(.12f, .24f), new(.02f, .3f), new(0, .44f), new(.02f, .6f), new(.05f, .84f), new(.1f, belt), new(.5f, belt + .06f), new(1.05f, roof - .14f), new(1.4f, roof - .02f), new(2.2f, roof), new(3, roof)]
                    : [new(.12f, .24f), new(.02f, .3f), new(0, .44f), new(.04f, .62f), new(.07f, .84f), new(.12f, belt), new(.38f, roof - .15f), new(.5f, roof - .05f), new(.8f, roof - .01f), new(1.6f, roof), new(3, roof)],
            Length = 4,
            HalfWidth = wide,
            HalfRoof = wide - .27f,
            Belt = belt,
            Header = roof - .1f,
            Roof = roof,
            Corner = front ? .3f : .2f,
            Lamps = front
                ? new Patch(wide - .38f - .08f * Grain.At(make, 3, 4), wide - .05f, lampLow, lampLow + lampTall)
                : new Patch(wide - (Grain.At(make, 4, 4) > .5f ? .36f : .2f), wide - .02f, belt - .3f + .08f * Grain.At(make, 5, 4), belt - .06f),
            Grille = front ? new Patch(0, wide - .42f - .1f * Grain.At(make, 6, 4), .53f + nose, .66f + nose + .04f * Grain.At(make, 7, 4)) : default,
            Intake = front ? new Patch(0, .5f + .15f * Grain.At(make, 8, 4), .245f, .35f) : new Patch(0, .55f, .24f, .34f),
            Plate = front ? .435f : Grain.At(make, 9, 4) > .35f ? belt - .21f : .5f,
        };
        return vehicle.Fuel == "electric" && front && vehicle.Make == "Tesla" ? shape with { Grille = default } : shape;
    }

    public static BodyShape Taxi(bool front) => new()
    {
        Outline = front
            ? [new(.1f, .22f), new(.02f, .28f), new(0, .4f), new(0, .58f), new(.04f, .78f), new(.12f, .9f), new(.55f, 1), new(.95f, 1.08f), new(1.4f, 1.6f), new(1.65f, 1.76f), new(2, 1.83f), new(3.6f, 1.85f)]
            : [new(.1f, .25f), new(.02f, .3f), new(0, .46f), new(.04f, .7f), new(.08f, 1.06f), new(.3f, 1.6f), new(.42f, 1.74f), new(.75f, 1.83f), new(3, 1.85f)],
        Length = 4.6f,
        HalfWidth = .93f,
        HalfRoof = .7f,
        Belt = 1.07f,
        Header = 1.68f,
        Roof = 1.84f,
        Corner = .34f,
        Lamps = front ? new Patch(.55f, .78f, .68f, .88f) : new Patch(.74f, .91f, .7f, 1.02f),
        Grille = front ? new Patch(0, .36f, .58f, .86f) : default,
        Intake = new Patch(0, .55f, .26f, .36f),
        Plate = front ? .44f : .82f,
        ForHire = front,
    };

    private static int Seed(string text) => text.Aggregate(17, (sum, c) => sum * 31 + c);
}
