using System.CommandLine;
using System.Diagnostics;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using OpenCvSharp;
using SmartCity.Bench.Live;
using SmartCity.Contracts;
using SmartCity.Contracts.Cities;
using SmartCity.Edge.Cameras;
using SmartCity.Edge.Faces;
using SmartCity.Recognition;
using SmartCity.ServiceDefaults.Health;

namespace SmartCity.Bench;

/// <summary><c>bench camera</c>: how many H.264 cameras a processor core serves, the product's way beside a pipe of JPEG pictures.</summary>
internal static class CameraBench
{
    private const int Seconds = 10;
    private const long MostPixels = 50_000_000;
    private const string Name = "street";

    // Which buffers are made for.
    private const int FirstFrames = 10;

    private static readonly (string Name, Size Size, int Rate)[] Kinds = [("1080p25", new Size(1920, 1080), 25), ("4K15", new Size(3840, 2160), 15)];

    public static Command Create()
    {
        var seconds = new Option<int>("--seconds") { Description = "Length of the films.", DefaultValueFactory = _ => Seconds };
        var command = new Command("camera", "Processor time of H.264 cameras, from the stream to vehicles: planes from the decoder beside a pipe of JPEG pictures.") { seconds };
        command.SetAction((parse, cancellationToken) => RunAsync(TimeSpan.FromSeconds(parse.GetValue(seconds)), cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(TimeSpan length, CancellationToken cancellationToken)
    {
        var folder = Directory.CreateTempSubdirectory("smartcity-bench-");
        try
        {
            using var recogniser = Contender.Parse(CityReader.Id).Create();
            foreach (var (name, size, rate) in Kinds)
            {
                var path = Path.Combine(folder.FullName, $"{name}.ts");
                using (var film = new CameraFilm(size, rate))
                {
                    await film.WriteAsync(path, length, cancellationToken);
                }

                using (var picture = new Mat(size, MatType.CV_8UC3, Scalar.All(90)))
                {
                    recogniser.Recognise(picture);
                }

                var figures = new List<CameraFigures>();
                foreach (var reads in (bool[])[false, true])
                {
                    figures.Add(await MeasureAsync("JPEG pipe", JpegPipeAsync(path, rate, cancellationToken), reads ? recogniser : null, length));
                    figures.Add(await MeasureAsync("planes", PlanesAsync(path, rate, cancellationToken), reads ? recogniser : null, length));
                }

                // As it is, and with faces blurred in what is kept beside each sighting.
                foreach (var blurs in (bool[])[false, true])
                {
                    var around = new EvidenceOptions { FramesAround = EdgeStrip.MostEachSide, BlurFaces = blurs };
                    using var bystanders = new BystanderBlur(Options.Create(around), Options.Create(new RecognitionOptions()), new WorkerHealth(TimeProvider.System), TimeProvider.System, NullLogger<BystanderBlur>.Instance);
                    figures.Add(await MeasureAsync($"planes, frames around{(blurs ? ", blurred" : "")}", PlanesAsync(path, rate, cancellationToken), recogniser, length, new FrameStrips(around, bystanders)));
                }

                FigureTable.Write(
                    $"{name}, H.264", figures, f => f.Way,
                    ("frames taken", f => f.Frames, 0), ("vehicles", f => f.Vehicles, 0), ("processor, ms for a second of film", f => f.Processor * 1000, 0),
                    ("of these the decoder", f => f.Decoder * 1000, 0), ("cameras a core", f => 1 / f.Processor, 1), ("frames around: bytes a sighting", f => f.StripBytes, 0), ("managed bytes a frame", f => f.Bytes, 0));
            }
        }
        finally
        {
            folder.Delete(recursive: true);
        }

        return 0;
    }

    private static async Task<CameraFigures> MeasureAsync(string way, IAsyncEnumerable<Frame> source, PlateRecogniser? recogniser, TimeSpan length, FrameStrips? strips = null)
    {
        var camera = new Camera { Id = Name, Source = "rtsp://camera/1" };
        var station = new Station { Id = Name, Name = Name, Latitude = 51.5, Longitude = -0.1, Cameras = [camera] };
        using var gate = new MotionGate();
        using var pipeline = recogniser is null ? null : new CameraPipeline(station, camera, recogniser, new CameraStatistics(Name, Name), strips: strips);
        var (frames, vehicles, bytes) = (0, 0, 0L);
        var kept = new List<int>();
        var (before, beforeDecoder) = (CpuMeter.OfThis(), CpuMeter.OfEnded());
        await foreach (var frame in source)
        {
            using (frame)
            {
                bytes = frames++ == FirstFrames ? GC.GetTotalAllocatedBytes(precise: true) : bytes;
                if (pipeline is null)
                {
                    gate.Moves(frame.Brightness);
                }
                else
                {
                    vehicles += pipeline.Take(frame).Count;
                    kept.AddRange(pipeline.Strips().Select(s => s.Jpeg.Length));
                }
            }
        }

        vehicles += pipeline?.End().Count ?? 0;
        kept.AddRange(pipeline?.Strips().Select(s => s.Jpeg.Length) ?? []);
        var decoder = (CpuMeter.OfEnded() - beforeDecoder) / length.TotalSeconds;
        var own = (CpuMeter.OfThis() - before) / length.TotalSeconds;
        return new CameraFigures(recogniser is null ? $"{way}: gate" : $"{way}: read", frames, vehicles, own + decoder, decoder, (GC.GetTotalAllocatedBytes(precise: true) - bytes) / (double)(frames - FirstFrames), kept.Count == 0 ? 0 : kept.Average());
    }

    // Pictures packed by one program and unpacked by another.
    private static async IAsyncEnumerable<Frame> JpegPipeAsync(string film, int rate, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        string[] arguments = ["-nostdin", "-loglevel", "error", "-i", film, "-an", "-c:v", "mjpeg", "-q:v", "3", "-f", "mpjpeg", "pipe:1"];
        using var program = Process.Start(new ProcessStartInfo(VideoDecoder.Program, arguments) { RedirectStandardOutput = true })!;
        var pictures = new MotionJpeg(Name, film, program.StandardOutput.BaseStream, VideoDecoder.Program, MostPixels, TimeProvider.System, NullLogger.Instance);
        for (var number = 0; ; number++)
        {
            Mat picture;
            try
            {
                picture = await pictures.NextAsync(cancellationToken);
            }
            catch (CameraLostException)
            {
                await program.WaitForExitAsync(cancellationToken);
                yield break;
            }

            yield return At(new Frame(Name, number, DateTimeOffset.UnixEpoch.AddSeconds(number / (double)rate), picture), number / (double)rate);
        }
    }

    private static async IAsyncEnumerable<Frame> PlanesAsync(string film, int rate, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var options = new VideoOptions();
        var decoder = new VideoDecoder(Options.Create(options), NullLogger<VideoDecoder>.Instance);
        var every = Math.Ceiling(0.9 * rate / options.FramesPerSecond);
        using var program = Process.Start(new ProcessStartInfo(VideoDecoder.Program, await decoder.ArgumentsAsync(["-i", film], cancellationToken)) { RedirectStandardOutput = true })!;
        var video = new PlanarVideo(Name, film, program.StandardOutput.BaseStream, MostPixels);
        for (var number = 0; ; number++)
        {
            PlanarPicture picture;
            try
            {
                picture = await Task.Run(video.Next, cancellationToken);
            }
            catch (EndOfStreamException)
            {
                await program.WaitForExitAsync(cancellationToken);
                yield break;
            }

            yield return At(new Frame(Name, number, DateTimeOffset.UnixEpoch.AddSeconds(number * every / rate), picture), number * every / rate);
        }
    }

    private static Frame At(Frame frame, double seconds)
    {
        frame.Moment = TimeSpan.FromSeconds(seconds);
        return frame;
    }
}

/// <param name="Processor">Seconds of processor time for a second of film.</param>
/// <param name="Decoder">How much of it the decoder's program took.</param>
/// <param name="Bytes">Managed bytes allocated for a frame.</param>
/// <param name="StripBytes">Of the picture with the frames before and after a sighting; 0 where none are kept.</param>
internal sealed record CameraFigures(string Way, int Frames, int Vehicles, double Processor, double Decoder, double Bytes, double StripBytes);
