using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using SmartCity.Contracts.Cities;
using SmartCity.Edge.Cameras.Recordings;
using SmartCity.Edge.Cameras.Simulation;

namespace SmartCity.Edge.Cameras;

/// <summary>Makes a camera's source from its address; one for a camera and address.</summary>
internal sealed class CameraSources(IOptions<EdgeOptions> options, VideoDecoder decoder, TimeProvider time, ILogger<CameraSources> logger, PixelBudget? pixels = null, CameraBoard? board = null, ServedStations? stations = null)
{
    private readonly ConcurrentDictionary<string, (string Address, ICameraSource Source)> _sources = new(StringComparer.Ordinal);

    /// <exception cref="InvalidDataException">The address is of no known kind; the message names them.</exception>
    public ICameraSource Of(Camera camera) => _sources.AddOrUpdate(
        camera.Id, _ => (camera.Source, Make(camera)), (_, known) => known.Address == camera.Source ? known : (camera.Source, Make(camera))).Source;

    /// <summary>Whether a source's frames, or some of them, are timed by this machine's clock.</summary>
    public static bool IsTimedHere(string source) => source.Split(':')[0] is "rtsp" or "rtsps" or "http" or "https" or "upload";

    private ICameraSource Make(Camera camera)
    {
        var source = camera.Source;
        Action<string> bad = reason => board?.Find(camera.Id)?.FrameBad(reason);
        if (UploadSource.IsUpload(source))
        {
            return new UploadSource(source);
        }

        var colon = source.IndexOf(':', StringComparison.Ordinal);
        var rest = colon < 0 ? "" : source[(colon + 1)..];
        return (colon < 0 ? source : source[..colon]) switch
        {
            "folder" => new FolderSource(camera.Id, Recording(camera).Path, Times(camera), options.Value.PicturePixels, logger, pixels, bad),
            "file" => new VideoSource(camera.Id, Recording(camera).Path, Times(camera)),
            "http" or "https" => new HttpSource(camera.Id, Address(camera), options.Value.PicturePixels, time, logger, bad),
            "rtsp" or "rtsps" => new RtspSource(camera.Id, Address(camera), options.Value.PicturePixels, decoder, time),
            "simulated" => new SimulatedSource(camera.Id, rest, options.Value.SimulationSpeed, time),
            _ => throw new InvalidDataException($"Camera {camera.Id}: the source '{source}' is not known; it must be folder:PATH, file:PATH, rtsp://…, http://…, upload, upload:stream or simulated:?…"),
        };
    }

    private RecordingTimes Times(Camera camera) => new(camera.Id, Recording(camera), () => stations?.TimeZone ?? "UTC", logger);

    private static RecordingAddress Recording(Camera camera) => RecordingAddress.Resolve(camera.Source) switch
    {
        ({ } address, _) => address,
        (_, var error) => throw new InvalidDataException($"Camera {camera.Id}: {error}"),
    };

    private static Uri Address(Camera camera) => CameraAddress.Resolve(camera.Source) is { Address: { } address } ? address : throw new InvalidDataException($"Camera {camera.Id}: {CameraAddress.Check(camera.Source)}");
}
