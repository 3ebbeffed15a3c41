using System.CommandLine;
using System.Diagnostics;
using System.Text.Encodings.Web;
using System.Text.Json;
using SmartCity.Contracts.Cities;
using SmartCity.Edge.Cameras;
using SmartCity.Recognition;

namespace SmartCity.AllInOne.Commands;

/// <summary><c>smartcity recognise PATH…</c>: pictures or folders → one JSON line a picture, the most prominent plate first.</summary>
internal static class RecogniseCommand
{
    private const string NoCountry = "none";

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static readonly Argument<string[]> Paths = new("PATH") { Arity = ArgumentArity.OneOrMore, Description = "Pictures, or folders of pictures." };
    private static readonly Option<int> Threads = new("--threads") { Description = "Threads of one inference.", DefaultValueFactory = _ => 1 };
    private static readonly Option<string> Detector = new("--detector") { Description = $"Detector id: {string.Join(" or ", RecognitionOptions.Detectors)}.", DefaultValueFactory = _ => new RecognitionOptions().Detector };
    private static readonly Option<string> Reader = new("--reader") { Description = $"Reader id: {string.Join(" or ", RecognitionOptions.Readers)}.", DefaultValueFactory = _ => new RecognitionOptions().Reader };
    private static readonly Option<string> Country = new("--country") { Description = $"Country of most vehicles, two letters, whose plates count as more likely; {NoCountry} for no country (default: the demo city's).", DefaultValueFactory = _ => City.Load(null).Country ?? NoCountry };

    public static Command Create()
    {
        var command = new Command("recognise", "Reads the plates in pictures and prints one JSON line for each picture.") { Paths, Threads, Detector, Reader, Country };
        Threads.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() is < 1 or > 64)
            {
                result.AddError("--threads must be from 1 to 64.");
            }
        });
        Country.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<string>() is { } country and not NoCountry && (country.Length != 2 || !country.All(char.IsAsciiLetterUpper)))
            {
                result.AddError($"--country is '{country}'; it must be two capital letters of ISO 3166, such as GB, or {NoCountry}.");
            }
        });
        Paths.Validators.Add(result =>
        {
            if (result.Tokens.Select(t => t.Value).FirstOrDefault(p => p.StartsWith('-') && !File.Exists(p)) is { } option)
            {
                result.AddError($"There is no option {option}; recognise --help names the options.");
            }
        });
        command.SetAction(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parse, CancellationToken cancellationToken)
    {
        PlateRecogniser recogniser;
        try
        {
            var options = new RecognitionOptions { ThreadsPerSession = parse.GetValue(Threads), Detector = parse.GetValue(Detector)!, Reader = parse.GetValue(Reader)!, HomeCountry = parse.GetValue(Country) is { } country and not NoCountry ? country : null };
            recogniser = new PlateRecogniser(options);
        }
        catch (Exception e) when (e is InvalidOperationException or IOException or InvalidDataException)
        {
            await Console.Error.WriteLineAsync($"smartcity: {e.Message}");
            return 1;
        }

        using (recogniser)
        {
            var status = 0;
            var done = 0;
            foreach (var file in parse.GetValue(Paths)!.SelectMany(Files))
            {
                cancellationToken.ThrowIfCancellationRequested();
                try
                {
                    Console.Out.WriteLine(await ReadAsync(recogniser, file, cancellationToken));
                }
                catch (Exception e) when (e is InvalidDataException or IOException or UnauthorizedAccessException)
                {
                    status = 1;
                    Console.Out.WriteLine(JsonSerializer.Serialize(new { file, error = e.Message }, Json));
                    await Console.Error.WriteLineAsync($"smartcity: {file}: {e.Message}");
                }

                if (!Console.IsErrorRedirected)
                {
                    await Console.Error.WriteAsync($"\r{++done} pictures ");
                }
            }

            return status;
        }
    }

    private static async Task<string> ReadAsync(PlateRecogniser recogniser, string file, CancellationToken cancellationToken)
    {
        using var image = Pictures.Decode(await File.ReadAllBytesAsync(file, cancellationToken), Pictures.MostPixels);
        var started = Stopwatch.GetTimestamp();
        var reads = recogniser.Recognise(image, out var times);
        var total = Stopwatch.GetElapsedTime(started);
        return JsonSerializer.Serialize(
            new
            {
                file,
                plates = reads.Select(r => new
                {
                    plate = r.Plate ?? r.BestGuess,
                    r.Confidence,
                    r.Country,
                    r.Format,
                    box = new[] { r.Quad.Box.X, r.Quad.Box.Y, r.Quad.Box.Width, r.Quad.Box.Height },
                    r.Characters,
                }),
                milliseconds = new { detect = Math.Round(times.Detect.TotalMilliseconds, 1), read = Math.Round(times.Read.TotalMilliseconds, 1), total = Math.Round(total.TotalMilliseconds, 1) },
            },
            Json);
    }

    // A folder's pictures; a file is taken as it is named, whatever it is called.
    private static IEnumerable<string> Files(string path) => Directory.Exists(path)
        ? Directory.EnumerateFiles(path).Where(FolderSource.IsPicture).Order(StringComparer.Ordinal)
        : [path];
}
