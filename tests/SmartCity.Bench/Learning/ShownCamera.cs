using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Http;
using OpenCvSharp;
using SmartCity.Edge.Cameras.Simulation;

namespace SmartCity.Bench.Learning;

/// <summary>A network camera whose pictures are drawn here, so that it is known which vehicle it showed when. It shows an empty street until it is asked for vehicles.</summary>
internal sealed class ShownCamera(string id, string station, int seed, Weather weather, PlateStyle plates) : IDisposable
{
    private const string Boundary = "picture";

    private static readonly TimeSpan Between = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan BetweenEmpty = TimeSpan.FromSeconds(0.5);
    private static readonly TimeSpan BetweenIdle = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan Slack = TimeSpan.FromMilliseconds(50);

    private readonly SimulatedTraffic _traffic = new(seed, weather, plates: plates);
    private readonly SemaphoreSlim _line = new(1);
    private readonly List<ShownPass> _passes = [];
    private int _wanted;

    public string Id => id;

    public string Station => station;

    public PlateStyle Plates => plates;

    /// <summary>Whether every vehicle that was asked for has passed.</summary>
    public bool IsIdle => Volatile.Read(ref _wanted) == 0;

    /// <summary>Paints the street, so that whoever looks first need not wait for it.</summary>
    public void Paint() => _traffic.Paint();

    /// <summary>Lets so many vehicles pass from now on.</summary>
    public void Show(int vehicles)
    {
        lock (_passes)
        {
            _wanted = vehicles;
        }
    }

    /// <summary>The vehicles since a time that were shown from their first picture to their last.</summary>
    public IReadOnlyList<ShownPass> Since(DateTimeOffset time)
    {
        lock (_passes)
        {
            return [.. _passes.Where(p => p.From >= time)];
        }
    }

    /// <summary>Sends pictures until whoever looks goes away.</summary>
    public async Task SendAsync(HttpContext http)
    {
        var gone = http.RequestAborted;
        http.Response.ContentType = $"multipart/x-mixed-replace; boundary={Boundary}";
        await _line.WaitAsync(gone);
        try
        {
            while (true)
            {
                if (IsIdle)
                {
                    await SendEmptyAsync(http.Response, BetweenIdle, gone);
                    continue;
                }

                await SendPassAsync(http.Response, gone);
                var rest = _traffic.Rest(Between);
                for (var waited = TimeSpan.Zero; waited < rest; waited += BetweenEmpty)
                {
                    await SendEmptyAsync(http.Response, BetweenEmpty, gone);
                }
            }
        }
        catch (OperationCanceledException) when (gone.IsCancellationRequested)
        {
            // The edge ended, or connects again.
        }
        finally
        {
            _line.Release();
        }
    }

    public void Dispose()
    {
        _traffic.Dispose();
        _line.Dispose();
    }

    private async Task SendPassAsync(HttpResponse response, CancellationToken gone)
    {
        using var pass = _traffic.Next();
        var from = TimeProvider.System.GetUtcNow() - Slack;
        for (var i = 0; i < pass.Frames; i++)
        {
            using var picture = pass.Draw(i).Picture;
            await SendAsync(response, picture, SimulatedTraffic.FrameInterval, gone);
        }

        lock (_passes)
        {
            _passes.Add(new ShownPass(id, pass.Vehicle.Plate, from));
            _wanted = Math.Max(0, _wanted - 1); // none may be wanted any more
        }
    }

    private async Task SendEmptyAsync(HttpResponse response, TimeSpan then, CancellationToken gone)
    {
        using var picture = _traffic.Empty();
        await SendAsync(response, picture, then, gone);
    }

    private static async Task SendAsync(HttpResponse response, Mat picture, TimeSpan then, CancellationToken gone)
    {
        var next = Task.Delay(then, TimeProvider.System, gone);
        var jpeg = picture.ImEncode(".jpg", [(int)ImwriteFlags.JpegQuality, 92]);
        await response.Body.WriteAsync(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"--{Boundary}\r\nContent-Type: image/jpeg\r\nContent-Length: {jpeg.Length}\r\n\r\n")), gone);
        await response.Body.WriteAsync(jpeg, gone);
        await response.Body.WriteAsync("\r\n"u8.ToArray(), gone);
        await response.Body.FlushAsync(gone);
        await next;
    }
}

/// <param name="From">When its first picture was sent; the next vehicle comes later than the last sighting of this one.</param>
internal sealed record ShownPass(string Camera, string Plate, DateTimeOffset From);
