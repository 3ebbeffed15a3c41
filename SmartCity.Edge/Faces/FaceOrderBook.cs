using System.Collections.Frozen;
using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using SmartCity.Contracts.Faces;
using SmartCity.Faces;

namespace SmartCity.Edge.Faces;

/// <summary>The orders that are in force, in memory alone. What is not given again, or has come to its end, is destroyed at once. Thread-safe.</summary>
internal sealed class FaceOrderBook(IOptions<FaceOptions> options, TimeProvider time, ILogger<FaceOrderBook> logger)
{
    private static readonly TimeSpan ClockTolerance = TimeSpan.FromSeconds(30);

    private readonly Lock _gate = new();
    private readonly long _started = time.GetTimestamp();
    private readonly List<HeldOrder> _orders = [];
    private volatile FrozenDictionary<string, HeldOrder[]> _byCamera = FrozenDictionary<string, HeldOrder[]>.Empty;

    /// <summary>Told of a camera at which faces are looked for no more.</summary>
    public Action<string>? Released { get; set; }

    private TimeSpan Moment => time.GetElapsedTime(_started);

    /// <summary>Whether any order names a camera: if not, nothing is computed for it.</summary>
    public bool Watches(string cameraId) => _byCamera.ContainsKey(cameraId);

    /// <summary>The orders under which the faces of a picture may be looked for now.</summary>
    /// <param name="capturedAt">When it was taken: what was taken before a deployment is not searched under it.</param>
    public IReadOnlyList<HeldOrder> Of(string cameraId, DateTimeOffset capturedAt)
    {
        if (!_byCamera.TryGetValue(cameraId, out var orders))
        {
            return [];
        }

        var (now, moment) = (time.GetUtcNow(), Moment);
        return Array.FindAll(orders, o => now >= o.From && !o.IsOver(now, moment) && o.From <= capturedAt && capturedAt < o.Until);
    }

    public IReadOnlyList<HeldOrder> OfStation(string stationId)
    {
        lock (_gate)
        {
            return _orders.FindAll(o => o.StationId == stationId);
        }
    }

    /// <summary>Takes what the core says of a station.</summary>
    /// <returns>Why an order is not followed, in full sentences; null when all are.</returns>
    public string? Take(string stationId, FaceOrders answer, FaceSeal seal)
    {
        string? wrong = null;
        lock (_gate)
        {
            var wanted = new List<FaceOrder>();
            foreach (var order in answer.Orders)
            {
                if (Fault(order) is { } fault)
                {
                    wrong = $"Deployment {order.Deployment} is not followed: {fault}";
                }
                else
                {
                    wanted.Add(order);
                }
            }

            foreach (var gone in _orders.Where(o => o.StationId == stationId && !o.IsDestroyed && !wanted.Exists(w => w.Deployment == o.Deployment)).ToList())
            {
                Destroy(gone, "the core does not order it any more");
            }

            foreach (var order in wanted)
            {
                var held = _orders.Find(o => o.StationId == stationId && o.Deployment == order.Deployment && !o.IsDestroyed);
                if (held is null)
                {
                    _orders.Add(held = new HeldOrder(stationId, order.Deployment));
                    logger.LogInformation("Deployment {Deployment}: faces are looked for at {Cameras} until {Until:u}, with {Templates} templates.", order.Deployment, string.Join(", ", order.Cameras), order.Until, order.Templates.Count);
                }

                try
                {
                    held.Renew(order, seal, Moment);
                }
                catch (CryptographicException)
                {
                    wrong = $"Deployment {order.Deployment} is not followed: its templates are not sealed for this edge.";
                    Destroy(held, "its templates cannot be opened");
                }
            }

            Index();
        }

        End();
        return wrong;
    }

    /// <summary>Destroys what is over by now.</summary>
    public void End()
    {
        lock (_gate)
        {
            var (now, moment) = (time.GetUtcNow(), Moment);
            foreach (var order in _orders.Where(o => !o.IsDestroyed && o.IsOver(now, moment)))
            {
                Destroy(order, now >= order.Until ? "its time is over" : "the core has not been heard for its lease");
            }

            Index();
        }
    }

    /// <summary>Destroys everything: the process stops.</summary>
    public void EndAll()
    {
        lock (_gate)
        {
            foreach (var order in _orders.Where(o => !o.IsDestroyed))
            {
                Destroy(order, "the edge stops");
            }

            Index();
        }
    }

    /// <summary>The core has these reports; of those that are over nothing is kept.</summary>
    public void Told(string stationId, IReadOnlyList<(HeldOrder Order, FaceReport Report)> told)
    {
        lock (_gate)
        {
            foreach (var (order, report) in told)
            {
                order.Told(report);
            }

            _orders.RemoveAll(o => o.StationId == stationId && o.IsTold);
        }
    }

    private string? Fault(FaceOrder order) =>
        order.Descriptor != options.Value.Descriptor ? $"its templates are of the descriptor {order.Descriptor}, and this edge has {options.Value.Descriptor}. Set Edge:Faces:Descriptor to the core's."
        : time.GetUtcNow() >= order.Until ? $"by this edge's clock it is over since {order.Until:u}, and by the core's it is not. Set the edge's clock."
        : time.GetUtcNow() < order.From - ClockTolerance ? $"by this edge's clock it begins at {order.From:u}, and by the core's it has begun. Set the edge's clock."
        : DescriptorCard.Of(order.Descriptor).Length * sizeof(float) is var bytes && order.Templates.Any(t => t.Sealed.Length != bytes + FaceSeal.Overhead) ? $"a template has not the {bytes} bytes of {order.Descriptor}."
        : null;

    private void Destroy(HeldOrder order, string why)
    {
        order.Destroy(time.GetUtcNow());
        logger.LogInformation("Deployment {Deployment} has ended at station {Station}, because {Why}; its templates are destroyed.", order.Deployment, order.StationId, why);
    }

    private void Index()
    {
        var before = _byCamera;
        _byCamera = _orders.Where(o => !o.IsDestroyed).SelectMany(o => o.Cameras.Select(c => (Camera: c, Order: o))).GroupBy(c => c.Camera, StringComparer.Ordinal).ToFrozenDictionary(g => g.Key, g => g.Select(c => c.Order).ToArray(), StringComparer.Ordinal);
        foreach (var camera in before.Keys.Where(c => !_byCamera.ContainsKey(c)))
        {
            Released?.Invoke(camera);
        }
    }
}
