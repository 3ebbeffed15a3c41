using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace SmartCity.ServiceDefaults;

/// <summary>The product's one activity source and one meter.</summary>
public static class Telemetry
{
    public const string Name = "SmartCity";

    public static readonly ActivitySource Source = new(Name);

    public static readonly Meter Meter = new(Name);
}
