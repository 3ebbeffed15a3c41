using System.CommandLine;
using SmartCity.Contracts.Cities;
using SmartCity.Core.Charges;

namespace SmartCity.AllInOne.Commands;

/// <summary><c>smartcity charges preview FILE|-</c>: works out charges without recording any.</summary>
internal static class ChargesCommand
{
    public static Command Create()
    {
        var file = new Argument<string>("FILE") { Description = "One JSON object a line; - reads standard input." };
        var city = new Option<FileInfo?>("--city") { Description = "City file, for its time zone and currency (default: the demo city)." };
        var preview = new Command("preview", "Works out charges without recording them. Reads one JSON object a line and prints one for each, in the same order.") { file, city };
        preview.SetAction((parse, cancellationToken) => PreviewAsync(parse.GetValue(file)!, parse.GetValue(city), cancellationToken));
        return new Command("charges", "The charging rules.") { preview };
    }

    private static async Task<int> PreviewAsync(string file, FileInfo? city, CancellationToken cancellationToken)
    {
        if (file != "-" && !File.Exists(file))
        {
            await Console.Error.WriteLineAsync($"smartcity: there is no file {file}.");
            return 1;
        }

        TariffBook tariffs;
        try
        {
            tariffs = new TariffBook([], ChargingCity.Of(City.Load(city?.FullName)));
        }
        catch (Exception e) when (e is InvalidDataException or IOException or TimeZoneNotFoundException)
        {
            await Console.Error.WriteLineAsync($"smartcity: {e.Message}");
            return 1;
        }

        using var input = file == "-" ? Console.In : new StreamReader(file);
        var (status, number) = (0, 0L);
        while (await input.ReadLineAsync(cancellationToken) is { } line)
        {
            number++;
            if (string.IsNullOrWhiteSpace(line))
            {
                continue;
            }

            var (answer, isError) = ChargePreview.Answer(line, tariffs);
            if (isError)
            {
                status = 1;
                answer["line"] = number;
                await Console.Error.WriteLineAsync($"smartcity: {(file == "-" ? "standard input" : file)}, line {number}: {answer["error"]}");
            }

            await Console.Out.WriteLineAsync(answer.ToJsonString(ChargePreview.Json));
        }

        return status;
    }
}
