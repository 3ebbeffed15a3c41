using SmartCity.Contracts;

namespace SmartCity.Edge.Publishing;

/// <summary>The frames before and after a sighting, ready to be kept.</summary>
internal sealed record ObservedStrip(string StationId, EdgeStrip Strip, byte[] Jpeg);
