import { choose } from "@/lib/choices";
import { countryName, REGIONS } from "@/lib/regions";
import { useChoices } from "@/lib/use-choices";

/** For whom to recommend and to search. Both are kept in this browser alone, for visitors too. */
export function AudienceChoices() {
  const { region, adult } = useChoices();
  return (
    <div className="audience" role="group" aria-label="What may be shown to you">
      <label className="audience-region">
        <span>Show what is sold in</span>
        <select value={region} onChange={(event) => choose({ region: event.target.value })}>
          <option value="">any country</option>
          {REGIONS.map((one) => (
            <option key={one} value={one}>
              {countryName(one)}
            </option>
          ))}
        </select>
      </label>
      <label className="check">
        <input type="checkbox" checked={adult} onChange={(event) => choose({ adult: event.target.checked })} />I am 18
        or older: show what has an age limit, too
      </label>
    </div>
  );
}
